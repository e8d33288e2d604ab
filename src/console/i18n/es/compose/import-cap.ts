import type { ComposeWords } from '../../compose.ts'

export const importCap: ComposeWords['importCap'] = {
  title: 'Importar un mensaje CAP',
  intro:
    'Un mensaje CAP 1.2 se convierte en borrador: no se envía nada. Alguien lo lee, lo firma y se aprueba como cualquier otro.',
  paste: 'El mensaje en XML',
  file: 'O un archivo',
  roster: 'Lista de participantes, si su estado no es Actual',
  rosterNone: 'Ninguna',
  start: 'Hacer un borrador',
  reading: 'Leyendo…',
  missing: 'Pegue un mensaje o elija un archivo.',
  refused: n => (n === 1 ? 'Una cosa lo impide:' : `${n} cosas lo impiden:`),
  place: 'Lugar',
  whole: 'Todo el mensaje',
  line: no => `Línea ${no}`,
  says: 'Qué está mal',
  done: 'Ya es un borrador.',
  forgiven: n =>
    n === 1 ? 'Una cosa que saber antes de enviarlo:' : `${n} cosas que saber antes de enviarlo:`,
  open: 'Seguir con el borrador',
  another: 'Importar otro',
  profiles: 'Otras redes',
  profilesHint: 'Si una red que toma CAP aceptaría esta alerta, según su perfil.',
  profile: 'Perfil',
  fits: 'Cumple: allí no tiene nada mal.',
  faults: 'La red la rechaza por esto:',
  warnings: n => `La red aconseja (${n})`,
}
