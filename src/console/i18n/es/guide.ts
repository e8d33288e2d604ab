import type { Words } from '../../lib/i18n.ts'

export const guide: Words['guide'] = {
  title: 'Su primera alerta, a teléfonos simulados',
  stepOf: (done, all) => `${done} de ${all} hechos`,
  done: '(hecho)',
  steps: {
    key: 'Crear una clave de firma',
    write: 'Escribir una alerta',
    sign: 'Revisarla y firmarla',
    send: 'Enviarla',
    watch: 'Ver quién responde',
    allClear: 'Enviar el fin de la alerta',
    score: 'Ver su puntuación',
  },
  hints: {
    key: 'En la pantalla de situación, pulse «Crear una clave de firma». Se crea en este navegador y no sale de él; todo lo que se envía lleva una firma así.',
    write:
      'Pulse «Nueva alerta» (o la tecla N), elija una plantilla como «Flash flood» y diga dónde está el peligro.',
    sign: 'Elija una zona, pulse «Revisar y firmar», lea cada texto como lo mostrarán los teléfonos y firme.',
    send: 'En una alerta real la aprueba otra persona. Aquí la envía usted: pulse el botón que dice a cuántos teléfonos.',
    watch:
      'Las cifras cuentan mientras se envía. Abra «Respuestas»: quien pide ayuda está arriba. Tome una petición.',
    allClear:
      'Cuando pase el peligro, pulse el fin de la alerta. Se escribió y firmó con la alerta, así que la envía una persona.',
    score: 'Vea cuánto duró cada paso y cómo lo valora el ejercicio.',
  },
  finished: 'Eso fue una alerta entera. Salga, o practique otra vez: de verdad es igual.',
}
