import { square } from '../alerts/people.ts'

/** A rule that takes floods in a square around 97° W, 30° N, and says what they say. */
export const aRule = (changes: object = {}) => ({
  statuses: ['Actual'],
  msgTypes: ['Alert', 'Update', 'Cancel'],
  events: ['Flash Flood Warning'],
  severities: ['Extreme', 'Severe'],
  urgencies: ['Immediate', 'Expected'],
  certainties: ['Observed', 'Likely'],
  jurisdiction: { geometry: square(-98, 28, 4) },
  maxRecipients: 100,
  maxHours: 24,
  texts: 'message',
  template: null,
  ...changes,
})
