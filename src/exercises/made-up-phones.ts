/**
 * Phones that nobody has: numbers that regulators keep for fiction, with names and languages.
 *
 * +1 NPA 555 0100 … 0199 (NANPA, 555 line numbers), +44 7700 900000 … 900999 (Ofcom, numbers for drama),
 * +33 6 39 98 00 00 … 99 99 (Arcep, décision 2018-0881).
 */

export interface MadeUpPhone {
  readonly phone: string
  readonly name: string
  readonly language: string
}

const AREA_CODES = [
  '202',
  '206',
  '212',
  '213',
  '303',
  '305',
  '312',
  '404',
  '415',
  '503',
  '512',
  '602',
  '617',
  '702',
  '713',
  '808',
] as const
const NAMES = [
  'Ana Torres',
  'Ben Okafor',
  'Carla Ruiz',
  'Dai Nguyen',
  'Ewa Nowak',
  'Farid Haddad',
  'Grace Kim',
  'Hugo Martin',
  'Ines Romero',
  'Jun Sato',
  'Kofi Mensah',
  'Lena Fischer',
  'Marta Silva',
  'Noah Evans',
  'Olga Petrova',
  'Pedro Gomez',
] as const
/** By where the number is; most people speak the first. */
const SPOKEN = {
  us: ['en-US', 'en-US', 'en-US', 'es-US', 'es-US', 'vi', 'ko', 'zh'],
  gb: ['en-GB', 'en-GB', 'en-GB', 'cy', 'pl'],
  fr: ['fr', 'fr', 'ar'],
} as const

const US = AREA_CODES.length * 100
const GB = 1_000
const FR = 10_000
const MADE_UP_PHONES = US + GB + FR

/** The phone at a place, 0 … `MADE_UP_PHONES` − 1. */
export function madeUpPhone(place: number): MadeUpPhone {
  const name = NAMES[(place * 7) % NAMES.length]!
  const of = (country: keyof typeof SPOKEN) => SPOKEN[country][place % SPOKEN[country].length]!
  if (place < US) {
    // Each area code in turn: neighbours in a practice are from everywhere.
    const areaCode = AREA_CODES[place % AREA_CODES.length]!
    const line = String(Math.floor(place / AREA_CODES.length)).padStart(2, '0')
    return { phone: `+1${areaCode}55501${line}`, name, language: of('us') }
  }
  if (place < US + GB) {
    return { phone: `+447700900${String(place - US).padStart(3, '0')}`, name, language: of('gb') }
  }
  return { phone: `+3363998${String(place - US - GB).padStart(4, '0')}`, name, language: of('fr') }
}

/** The order in which they are taken: some of every country early on. */
export function placesInTurn(): number[] {
  const places: number[] = []
  for (let i = 0; places.length < MADE_UP_PHONES; i++) {
    if (2 * i < US) places.push(2 * i, 2 * i + 1)
    if (i < GB) places.push(US + i)
    if (i < FR) places.push(US + GB + i)
  }
  return places
}
