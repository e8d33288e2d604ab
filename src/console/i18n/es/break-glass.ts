import type { BreakGlassWords } from '../break-glass.ts'

export const breakGlass: BreakGlassWords = {
  from: time => `Sin aprobador, podrá enviarla usted por su cuenta desde las ${time}.`,
  authorsSince: time =>
    `Nadie la ha aprobado aún: desde las ${time} un autor puede enviarla por su cuenta.`,
  authorsFrom: time =>
    `Si nadie la aprueba, un autor podrá enviarla por su cuenta desde las ${time}.`,
  isDue: 'Nadie la ha aprobado todavía.',
  title: 'Sin aprobador',
  open: 'Enviarla sin aprobador',
  means:
    'Nadie más la revisa: sale solo con su firma. Queda un aviso en la alerta, y su nombre y su motivo en el informe y en el registro de auditoría.',
  letters: {
    now: 'A todas las personas de aquí, también a usted, se les escribe al momento por correo: su nombre, su motivo y dónde se puede detener.',
    down: 'A todas las personas de aquí, también a usted, se les escribe por correo. Pero no hay conexión con la cuenta de correo: los correos la esperan, 7 días como máximo.',
    none: 'No hay ninguna cuenta de correo. Los correos a todas las personas de aquí esperan a que la haya, 7 días como máximo: llame a quienes deban saberlo ya.',
  },
  reason: 'Motivo',
  reasonHint: 'Lo leen todos, ahora y en el informe.',
  reasonFirst: 'Escriba primero el motivo.',
  send: phones => `Enviar por mi cuenta a ${phones}`,
  by: (name, time) => `${name} la envía por su cuenta, sin aprobador, a las ${time}.`,
  because: reason => `Motivo: ${reason}`,
  listed: 'Sin aprobador',
}
