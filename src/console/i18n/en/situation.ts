export const situation = {
  title: 'Situation',
  map: 'Map',
  mapLabel: (n: number) =>
    n === 0 ? 'Map: no active areas' : `Map of ${n === 1 ? '1 active area' : `${n} active areas`}`,
  mapEmpty: 'No alert is in force: areas show here once one is written.',
  listView: 'Show as a list',
  now: 'Now',
  inForce: 'Sent, and in force',
  none: 'No alert is being written, approved or sent.',
  ready: 'Ready to send',
  carriersUp: (up: number, all: number, rate: string) =>
    up === all
      ? `${all === 1 ? '1 carrier' : `${all} carriers`} up, ${rate} SMS/s in all`
      : `${up} of ${all} carriers up, ${rate} SMS/s`,
  noCarriers: 'No carrier is set up: nothing can be sent',
  approvers: (all: number, online: number) =>
    `${all === 1 ? '1 person' : `${all} people`} can approve; ${online} online now`,
  noApprovers: 'Nobody but you can approve: an alert would wait',
  noApproversAtAll: 'Nobody can approve: an alert would wait',
  contacts: (n: string) => `${n} ${n === '1' ? 'person' : 'people'} on the contact list`,
  noContacts: 'The contact list is empty',
  listAge: (span: string) => `The newest contact was changed ${span} ago`,
  stale: (n: string, days: number) =>
    `${n} ${n === '1' ? 'contact was' : 'contacts were'} not confirmed for ${days} days`,
  keyWorks: 'Your signing key works',
  keyMissing: 'This browser has no signing key',
  keyRevoked: 'The signing key of this browser was revoked',
  enrolKey: 'Make a signing key',
  makingKey: 'Making the key…',
  keyTooOld: 'A key is made within five minutes of signing in. Sign in again, then make it.',
  exerciseEnds: (clock: string) => `The exercise ends at ${clock}`,
  approvalsNone: 'Nothing waits for approval.',
  sendingNone: 'Nothing is being sent.',
  ended: 'Ended in the last 24 hours',
  endedNone: 'Nothing ended in the last 24 hours.',
  allStop: 'All-stop',
  allStopText:
    'Everything that is being sent in this mode stops, for good: for when something sends that should not.',
  allStopReason: 'Reason, for the audit log',
  allStopNeedsReason: 'Write the reason first.',
  allStopQuestion: (n: string) =>
    `Stop everything that is being sent, for good? ${n} on this list.`,
  allStopAct: 'Stop everything',
  allStopped: (n: string) => `Stopped: ${n}.`,
}
