import type { SettingsWords } from '../../settings.ts'

export const account: SettingsWords['account'] = {
  title: 'Mi cuenta',
  email: 'Correo electrónico',
  roles: 'Funciones',
  role: {
    author: 'Redacción: escribe alertas y pide aprobación',
    approver: 'Aprobación: aprueba y envía',
    viewer: 'Consulta: ve alertas y contactos',
    auditor: 'Auditoría: lee el registro y las pruebas',
    administrator: 'Administración: lo configura todo',
  },
  roleShort: {
    author: 'Redacción',
    approver: 'Aprobación',
    viewer: 'Consulta',
    auditor: 'Auditoría',
    administrator: 'Administración',
  },
  jurisdiction: 'Jurisdicción',
  limits: 'Límites',
  byAdministrator: 'Los cambia un administrador.',
  preferences: 'Idioma, colores y atajos',
  password: 'Contraseña',
  passwordHint:
    'Al menos 12 caracteres. Terminan todas sus sesiones, también esta: entre luego con la nueva contraseña.',
  current: 'La contraseña que tiene',
  fresh: 'La contraseña nueva',
  again: 'La contraseña nueva otra vez',
  notSame: 'no es igual que la de arriba',
  setPassword: 'Poner la contraseña nueva',
  passkeys: 'Llaves de acceso',
  passkeysText:
    'Con una llave de acceso entra sin contraseña, y demuestra que está presente cuando firma una alerta. No se le puede dar a una página falsa.',
  passkeysNone: 'Todavía no tiene ninguna llave de acceso.',
  passkeysNotHere:
    'Este navegador o esta dirección no tiene llaves de acceso. Necesitan HTTPS y un nombre de servidor.',
  passkeyName: 'Nombre de la llave',
  addPasskey: 'Añadir una llave de acceso',
  addingPasskey: 'Siga las indicaciones de su dispositivo…',
  tooOld:
    'Las claves y llaves se crean en los cinco minutos después de entrar. Salga, entre de nuevo y hágalo entonces.',
  lastUsed: 'Último uso',
  backedUp: 'Guardada por un gestor de contraseñas',
  suspected: 'Fue copiada y ya no se acepta',
  revokePasskey: label => `¿Revocar para siempre la llave «${label}»?`,
  keys: 'Claves de firma',
  keysText:
    'Una clave de firma dice que fue usted quien firmó una alerta. Se crea en un navegador y nunca sale de él. Las alertas reales y los ejercicios tienen claves distintas.',
  keysNone: 'Todavía no tiene ninguna clave de firma.',
  keyMode: 'Para',
  forLive: 'Real',
  forExercise: 'Ejercicios',
  thisBrowser: 'este navegador',
  makeKeyLive: 'Crear una clave para alertas reales en este navegador',
  makeKeyExercise: 'Crear una clave para ejercicios en este navegador',
  makingKey: 'Creando la clave…',
  keyWorks: 'Este navegador tiene una clave para este modo, y funciona.',
  revokeKey: label =>
    `¿Revocar para siempre la clave «${label}»? Las alertas firmadas con ella y aún no aprobadas deben firmarse de nuevo.`,
  fingerprint: 'Huella',
  inUse: 'En uso',
}
