import type { AlarmHeads } from './alarm-heads.ts'

export const alarms: AlarmHeads = {
  stalled: 'Ahora no sale nada',
  mail_stalled: 'Ahora no sale ningún correo',
  integrity_violation: 'El envío se detuvo solo: lo guardado no es lo firmado',
  audience_changed: 'El envío se detuvo solo: los destinatarios no son los firmados',
  ceiling_exceeded: 'El envío se detuvo solo en el tope firmado',
  signature_key_revoked: 'El envío se detuvo solo: se revocó una clave que firmó',
  sent_alone: 'Enviada por una sola persona, sin aprobador',
  reminder_refused: 'No se recuerda a quien no ha respondido',
  escalation_refused: 'No se puede avisar a la guardia según sus reglas',
  escalated: 'Se avisó a la guardia y nadie se ha hecho cargo',
  aggregator_waiting: 'Un agregador aún no la ha tomado; se intenta otra vez',
  aggregator_refused: 'Un agregador, o alguno de sus canales, la rechazó',
  aggregator_unknown: 'Nadie sabe si un agregador la tomó',
  other: 'Atención',
}
