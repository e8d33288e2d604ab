import { severity } from '../../../reports/cap-words-es.ts'
import type { Words } from '../../lib/i18n.ts'

export const alerts: Words['alerts'] = {
  severity,
  state: {
    draft: 'Borrador',
    submitted: 'Espera aprobación',
    approved: 'Aprobada, sin enviar',
    rejected: 'Rechazada',
    sending: 'Enviando',
    paused: 'En pausa',
    sent: 'Enviada',
    stopped: 'Detenida',
    expired: 'Vencida',
  },
  since: (state, time) => `${state} desde las ${time}`,
  at: (state, time) => `${state} a las ${time}`,
  sendingShare: share => `Enviando ${share}`,
  phones: (n, shown) => (n === 1 ? '1 teléfono' : `${shown} teléfonos`),
  alert: 'Alerta',
  severityHead: 'Gravedad',
  stateHead: 'Estado',
  needHelp: 'Piden ayuda',
  untitled: 'Alerta sin título',
  cancellation: title => `Cancelación: ${title}`,
  allClear: title => `Fin de alerta: ${title}`,
  update: title => `Actualización: ${title}`,
}
