/** CAP 1.2 §3.2.1 and §3.2.2: what its codes are called. */
export const status = {
  Actual: 'Real',
  Exercise: 'Ejercicio',
  System: 'Sistema',
  Test: 'Prueba',
  Draft: 'Borrador',
}

export const msgType = {
  Alert: 'Alerta',
  Update: 'Actualización',
  Cancel: 'Cancelación',
  Ack: 'Acuse de recibo',
  Error: 'Error',
}

export const severity = {
  Extreme: 'Extrema',
  Severe: 'Grave',
  Moderate: 'Moderada',
  Minor: 'Menor',
  Unknown: 'Desconocida',
}

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
