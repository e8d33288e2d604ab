/** CAP 1.2 §3.2.1 and §3.2.2: what its codes are called. */
export const status = {
  Actual: 'Actual',
  Exercise: 'Exercise',
  System: 'System',
  Test: 'Test',
  Draft: 'Draft',
}

export const msgType = {
  Alert: 'Alert',
  Update: 'Update',
  Cancel: 'Cancel',
  Ack: 'Ack',
  Error: 'Error',
}

export const severity = {
  Extreme: 'Extreme',
  Severe: 'Severe',
  Moderate: 'Moderate',
  Minor: 'Minor',
  Unknown: 'Unknown',
}

export const urgency = {
  Immediate: 'Immediate',
  Expected: 'Expected',
  Future: 'Future',
  Past: 'Past',
  Unknown: 'Unknown',
}

export const certainty = {
  Observed: 'Observed',
  Likely: 'Likely',
  Possible: 'Possible',
  Unlikely: 'Unlikely',
  Unknown: 'Unknown',
}
