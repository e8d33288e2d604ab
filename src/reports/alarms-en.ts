/** Alarms in a few words, by their codes: on the screen and in reports. */
export const alarms = {
  stalled: 'Nothing leaves now',
  mail_stalled: 'No letter leaves now',
  integrity_violation: 'Sending stopped itself: what is stored is not what was signed',
  audience_changed: 'Sending stopped itself: the people reached are not those that were signed',
  ceiling_exceeded: 'Sending stopped itself at the ceiling that was signed',
  signature_key_revoked: 'Sending stopped itself: a key that signed was revoked',
  sent_alone: 'Sent by one person, without an approver',
  reminder_refused: 'Who has not answered is not reminded',
  escalation_refused: 'Those on duty can not be told by its rules',
  escalated: 'Those on duty were told, and nobody has it yet',
  aggregator_waiting: 'An aggregator has not taken it yet; it is tried again',
  aggregator_refused: 'An aggregator, or some of its channels, refused it',
  aggregator_unknown: 'Nobody knows whether an aggregator took it',
  other: 'Look at this',
}
