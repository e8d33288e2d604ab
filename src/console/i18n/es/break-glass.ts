import type { BreakGlassWords } from '../break-glass.ts'

export const breakGlass: BreakGlassWords = {
  from: time => `Sin aprobador, podrá enviarla usted por su cuenta desde las ${time}.`,
  authorsFrom: time =>
    `Si nadie la aprueba, un autor podrá enviarla por su cuenta desde las ${time}.`,
  isDue: 'Nadie la ha aprobado todavía.',
  title: 'Sin aprobador',
  open: 'Enviarla sin aprobador',
  means:
    'Nadie más la revisa: sale solo con su firma. A todas las personas de aquí se les escribe al momento, con su nombre y su motivo.',
  reason: 'Motivo',
  reasonHint: 'Lo leen todos, ahora y en el informe.',
  reasonFirst: 'Escriba primero el motivo.',
  send: phones => `Enviar por mi cuenta a ${phones}`,
  by: (name, time) => `${name} la envía por su cuenta, sin aprobador, a las ${time}.`,
  because: reason => `Motivo: ${reason}`,
  listed: 'Sin aprobador',
}
