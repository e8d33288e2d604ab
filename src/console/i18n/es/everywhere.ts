import type { Words } from '../../lib/i18n.ts'

export const everywhere: Words['everywhere'] = {
  live: 'REAL',
  exercise: 'EJERCICIO',
  liveSentence: 'Se alertará a personas reales',
  exerciseSentence: phones =>
    phones === undefined
      ? 'Solo los teléfonos del ejercicio'
      : phones === '1'
        ? 'Solo el teléfono del ejercicio'
        : `Solo los ${phones} teléfonos del ejercicio`,
  liveTitle: 'REAL - ',
  exerciseTitle: 'EJERCICIO - ',
  back: 'Volver',
  cancel: 'Cancelar',
  close: 'Cerrar',
  save: 'Guardar',
  saved: 'Guardado',
  add: 'Añadir',
  edit: 'Editar',
  remove: 'Quitar',
  tryAgain: 'Intentar de nuevo',
  loading: 'Cargando…',
  waitingFor: what => `Todavía se espera: ${what}…`,
  ago: span => `hace ${span}`,
  in: span => `en ${span}`,
  skipToContent: 'Ir al contenido',
  optional: 'opcional',
  no: 'No',
  none: 'Ninguno',
  all: 'Todos',
  search: 'Buscar',
  showMore: 'Mostrar más',
  required: 'Hay que rellenarlo.',
  choose: 'Elija…',
  leaveUnsaved: 'Lo que cambió aquí no está guardado. ¿Salir?',
  saving: 'Guardando…',
  notJson: 'Todavía no es JSON.',
  changedMeanwhile: 'Alguien guardó esto mientras usted escribía.',
  theyChanged: 'Cambió:',
  theyChangedNothing: 'No cambió nada de lo que se ve aquí.',
  takeTheirs: 'Descartar lo mío y cargar lo suyo',
  saveMine: 'Guardar lo mío encima',
  passed: 'Bien:',
  look: 'Atención:',
  fault: 'Error:',
  inEnglish: 'Lo que dice el servidor, en inglés',
  faultsTitle: n => (n === 1 ? 'Hay algo que corregir' : `Hay ${n} cosas que corregir`),
  whatToDo: {
    unreachable: 'El servidor no responde. Compruebe la red e inténtelo de nuevo.',
    tooMany: seconds => `Demasiados intentos. Vuelva a intentarlo en ${seconds} s.`,
    insecurePage:
      'Esta página no se abrió por https ni como localhost; aquí el navegador no firma nada.',
    tooEarly: 'Aún es pronto: cuenta el reloj del servidor. No se envió nada.',
    noKey: 'Este navegador no tiene una clave de firma que funcione. Cree primero una.',
    passkeyCancelled: 'No se usó la llave de acceso. No se envió nada. Inténtelo cuando quiera.',
  },
}
