/** CAP 1.2 §3.2.2: how soon, and how sure. */
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
