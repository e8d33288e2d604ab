/** CAP 1.2 §3.2.2: how soon, and how sure. */
export const urgency = {
  Immediate: 'Inmediata',
  Expected: 'Esperada',
  Future: 'Futura',
  Past: 'Pasada',
  Unknown: 'Desconocida',
}

export const certainty = {
  Observed: 'Observada',
  Likely: 'Probable',
  Possible: 'Posible',
  Unlikely: 'Improbable',
  Unknown: 'Desconocida',
}
