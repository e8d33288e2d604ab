import type { Words } from '../../lib/i18n.ts'

export const situation: Words['situation'] = {
  title: 'Situación',
  map: 'Mapa',
  mapLabel: n =>
    n === 0
      ? 'Mapa: ninguna zona activa'
      : `Mapa de ${n === 1 ? '1 zona activa' : `${n} zonas activas`}`,
  mapEmpty: 'Ninguna alerta está en vigor: las zonas aparecen aquí cuando se escribe una.',
  listView: 'Ver como lista',
  now: 'Ahora',
  inForce: 'Enviadas y en vigor',
  none: 'No hay alertas en redacción, aprobación o envío.',
  ready: 'Listo para enviar',
  carriersUp: (up, all, rate) =>
    up === all
      ? `${all === 1 ? '1 operadora' : `${all} operadoras`} en línea, ${rate} SMS/s en total`
      : `${up} de ${all} operadoras en línea, ${rate} SMS/s`,
  noCarriers: 'No hay ninguna operadora: no se puede enviar nada',
  approvers: (all, online) =>
    `${all === 1 ? '1 persona puede' : `${all} personas pueden`} aprobar; ${online} en línea`,
  noApprovers: 'Nadie más puede aprobar: una alerta quedaría en espera',
  noApproversAtAll: 'Nadie puede aprobar: una alerta quedaría en espera',
  contacts: n => `${n} ${n === '1' ? 'persona' : 'personas'} en la lista de contactos`,
  noContacts: 'La lista de contactos está vacía',
  listAge: span => `El último cambio de la lista fue hace ${span}`,
  stale: (n, days) =>
    `${n} ${n === '1' ? 'contacto' : 'contactos'} sin confirmar desde hace ${days} días`,
  keyWorks: 'Su clave de firma funciona',
  keyMissing: 'Este navegador no tiene clave de firma',
  keyRevoked: 'La clave de firma de este navegador fue revocada',
  enrolKey: 'Crear una clave de firma',
  makingKey: 'Creando la clave…',
  keyTooOld:
    'Una clave se crea en los cinco minutos después de entrar. Entre de nuevo y créela entonces.',
  exerciseEnds: clock => `El ejercicio termina a las ${clock}`,
  approvalsNone: 'Nada espera aprobación.',
  sendingNone: 'No se envía nada.',
  ended: 'Terminadas en las últimas 24 horas',
  endedNone: 'Nada terminó en las últimas 24 horas.',
  allStop: 'Parada general',
  allStopText:
    'Todo lo que se está enviando en este modo se detiene para siempre: para cuando sale algo que no debería.',
  allStopReason: 'Motivo, para el registro',
  allStopNeedsReason: 'Escriba primero el motivo.',
  allStopQuestion: n => `¿Detener para siempre todo lo que se está enviando? ${n} en esta lista.`,
  allStopAct: 'Detener todo',
  allStopped: n => `Detenidas: ${n}.`,
}
