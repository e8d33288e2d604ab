/** PostgreSQL's advisory locks of this program, each of its own: who takes one waits for nothing else. */
export const ADVISORY_LOCK = {
  keeper: 0x70c5,
  migration: 0x70c6,
  tokenKeys: 0x70c8,
  audit: 0x70c9,
  import: 0x70ca,
  xmlKeys: 0x70cb,
  groupExpressions: 0x70cc,
  simulatedPhones: 0x70cf,
  endedAlerts: 0x70d0,
  simulatedExercises: 0x70d1,
} as const
