import type { SettingsWords } from '../../settings.ts'

export const mailReports: SettingsWords['mailReports'] = {
  title: 'Informes por correo',
  intro:
    'Estadísticas de una semana o de un mes, y el informe de cada alerta unas horas después de terminar: se envían a personas de aquí, una vez cada uno. Los envía una operadora de tipo correo.',
  none: 'No se envía ningún informe por correo.',
  add: 'Enviar un informe por correo',
  save: 'Guardar los cambios',
  saved: 'Guardado. Vale desde ahora.',
  kind: 'Informe',
  kinds: { statistics: 'Estadísticas', acknowledgement: 'El informe de cada alerta' },
  kindHints: {
    statistics: 'Alcance y respuestas de todas las alertas, en el texto del correo.',
    acknowledgement: 'El informe posterior a la alerta, en PDF adjunto.',
  },
  every: 'Con qué frecuencia',
  periods: { week: 'Cada lunes a las siete', month: 'El primer día del mes a las siete' },
  hoursAfterEnd: 'Después de terminar la alerta',
  hours: 'horas',
  afterHours: n => (n === 1 ? '1 hora después de terminar' : `${n} horas después de terminar`),
  statuses: 'De qué alertas',
  to: 'A quién',
  toHint: 'A las direcciones con las que inician sesión. Quien está desactivado no recibe ninguno.',
  language: 'Idioma',
  languages: { en: 'Inglés', es: 'Español' },
  enabled: 'Activado',
  off: 'Desactivado',
  next: 'Próximo',
  latest: 'Último',
  latestNone: 'Aún no ha salido ninguno.',
  letters: (sent, waiting, failed) =>
    `Enviados: ${sent}. En espera: ${waiting}. Sin enviar: ${failed}.`,
  failure: reason => `No se pudo hacer: ${reason}`,
  remove: 'No enviarlo más',
  removeQuestion: '¿No enviar más este informe? Lo que aún espera en el correo se retira.',
}
