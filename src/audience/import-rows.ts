import { readingFault } from '../cap/readable.ts'
import { normaliseMailAddress } from '../encoding/mail-address.ts'
import { normalisePhone, type PhoneRefusal } from '../encoding/phone.ts'
import { readWeeklyHours, weeklyHoursFaults, type WeeklySpan } from '../encoding/weekly-hours.ts'
import { AppError, type Fault } from '../errors.ts'
import { faultAt, type FaultWords, wordsOfFault } from '../faults.ts'

const COLUMNS = [
  'phone',
  'email',
  'name',
  'language',
  'longitude',
  'latitude',
  'hours',
  'externalId',
  'groups',
  'consent',
] as const
type Column = (typeof COLUMNS)[number]

/** A contact as a row tells it; `''` where it tells nothing. */
export interface ImportRow {
  readonly phone: string
  readonly email: string
  readonly name: string
  readonly language: string
  readonly externalId: string
  readonly consent: string
  readonly position: { readonly longitude: number; readonly latitude: number } | undefined
  /** When the contact is there; undefined: the row doesn't tell. */
  readonly hours: readonly WeeklySpan[] | undefined
  readonly groupIds: readonly string[]
}

export interface RowFault {
  readonly column: Column | ''
  readonly words: FaultWords
  readonly value: string
}

/** A file that is no list of contacts may have a thousand columns. */
const MAX_HEADER_FAULTS = 10

export interface ImportHeader {
  /** Where each column stands; undefined: the file has none. */
  readonly placeOf: Readonly<Partial<Record<Column, number>>>
  readonly width: number
}

/** @throws AppError `malformed_csv`, with each column that is unknown, doubled or missing as a fault */
export function readHeader(fields: readonly string[]): ImportHeader {
  const placeOf: Partial<Record<Column, number>> = {}
  const wrong: Fault[] = []
  for (const [place, field] of fields.entries()) {
    const name = field.trim()
    const column = COLUMNS.find(known => known.toLowerCase() === name.toLowerCase())
    if (column === undefined) wrong.push(faultAt('', 'csv_unknown_column', { name: quoted(name) }))
    else if (placeOf[column] !== undefined)
      wrong.push(faultAt('', 'csv_column_twice', { name: column }))
    else placeOf[column] = place
  }
  if (placeOf.phone === undefined) wrong.push(faultAt('', 'csv_column_missing', { name: 'phone' }))
  if ((placeOf.longitude === undefined) !== (placeOf.latitude === undefined)) {
    wrong.push(faultAt('', 'csv_half_position'))
  }
  if (placeOf.hours !== undefined && placeOf.longitude === undefined) {
    wrong.push(faultAt('', 'csv_hours_placeless'))
  }
  if (wrong.length > 0) {
    const told = wrong.slice(0, MAX_HEADER_FAULTS)
    throw new AppError(
      'malformed_csv',
      `the header row is wrong: ${told.map(({ detail }) => detail).join('; ')}. Columns are ${COLUMNS.join(', ')}, separated by commas`,
      { faults: told },
    )
  }
  return { placeOf, width: fields.length }
}

/** A name from the caller's file, cut and stripped of what could disturb a reader. */
function quoted(name: string): string {
  return JSON.stringify(name.slice(0, 40).replaceAll(/[^\x20-\x7e]/g, '?'))
}

const MAX_LENGTH = { name: 200, externalId: 200, consent: 200 } as const

/** Closer than the words of their codes, for here they may be mended in the file. */
const REFUSALS: Readonly<Record<PhoneRefusal, string>> = {
  empty: 'is missing',
  not_a_number: 'is no phone number',
  country_needed: 'is a national number: import with ?country=, or write +…',
  impossible: 'is a number that no phone can have',
  emergency: 'is an emergency number',
  short_code: 'is a short code, no phone',
  premium: 'is a premium-rate number',
  service_number: 'is a service number, no phone',
}

interface RowContext {
  readonly header: ImportHeader
  readonly country: string | undefined
  /** Ids of the listed groups by name. */
  readonly groups: ReadonlyMap<string, string>
}

/** The row as a contact, or all that is wrong with it. */
export function readRow(
  { header, country, groups }: RowContext,
  fields: readonly string[],
): ImportRow | RowFault[] {
  if (fields.length !== header.width) {
    const counted = { values: fields.length, columns: header.width }
    return [{ column: '', words: wordsOfFault('csv_values', counted), value: fields.join(',') }]
  }
  const { placeOf } = header
  const faults: RowFault[] = []

  const written = valueOf(fields, placeOf.phone)
  const phone = readPhone(written, country, faults)
  const address = valueOf(fields, placeOf.email)
  const email = address === '' ? '' : normaliseMailAddress(address)
  if (email === undefined) {
    faults.push({ column: 'email', words: wordsOfFault('not_mail_address'), value: address })
  }
  const name = readText('name', valueOf(fields, placeOf.name), faults)
  const externalId = readText('externalId', valueOf(fields, placeOf.externalId), faults)
  const consent = readText('consent', valueOf(fields, placeOf.consent), faults)

  const tag = valueOf(fields, placeOf.language)
  const language = tag === '' ? '' : canonicalLanguage(tag)
  if (language === undefined) {
    faults.push({ column: 'language', words: wordsOfFault('not_language'), value: tag })
  }

  const longitude = valueOf(fields, placeOf.longitude)
  const latitude = valueOf(fields, placeOf.latitude)
  const position =
    longitude === '' && latitude === '' ? undefined : readPosition(longitude, latitude, faults)

  const times = valueOf(fields, placeOf.hours)
  const hours = times === '' ? undefined : readHours(times, faults)
  if (times !== '' && longitude === '' && latitude === '') {
    faults.push({ column: 'hours', words: wordsOfFault('beside_no_place'), value: times })
  }

  const named = valueOf(fields, placeOf.groups)
  const groupIds = named === '' ? NONE : readGroups(named, groups, faults)

  if (faults.length > 0) return faults
  return {
    phone,
    email: email ?? '',
    name,
    language: language ?? '',
    externalId,
    consent,
    position,
    hours,
    groupIds,
  }
}

const NONE: readonly string[] = []

function valueOf(fields: readonly string[], place: number | undefined): string {
  return place === undefined ? '' : fields[place]!.trim()
}

function readPhone(written: string, country: string | undefined, faults: RowFault[]): string {
  // Digits of other scripts read differently to different people, so a number is written in ours.
  if (/[^\x20-\x7e]/.test(written)) {
    faults.push({ column: 'phone', words: wordsOfFault('other_digits'), value: written })
    return ''
  }
  const read = normalisePhone(written, country)
  if ('phone' in read) return read.phone
  const words = { ...wordsOfFault(`phone_${read.refused}`), detail: REFUSALS[read.refused] }
  faults.push({ column: 'phone', words, value: written })
  return ''
}

function readText(column: keyof typeof MAX_LENGTH, text: string, faults: RowFault[]): string {
  if (text.length > MAX_LENGTH[column]) {
    const most = MAX_LENGTH[column]
    const detail = `is longer than ${most} characters`
    faults.push({ column, words: { ...wordsOfFault('too_long', { most }), detail }, value: text })
  } else if (/[^\x20-\x7e]/.test(text)) {
    const words = readingFault(text.normalize('NFC')) ?? lineFault(text)
    if (words !== undefined) faults.push({ column, words, value: text })
    return text.normalize('NFC')
  }
  return text
}

function lineFault(text: string): FaultWords | undefined {
  return /[\t\n\r]/.test(text) ? wordsOfFault('line_break') : undefined
}

const languages = new Map<string, string | undefined>()
/** A list has a few dozen; a hostile one must not fill the memory. */
const MAX_LANGUAGES = 10_000

/** The canonical form of a BCP 47 tag (RFC 5646 §4.5), undefined if it is none. */
export function canonicalLanguage(tag: string): string | undefined {
  const known = languages.get(tag)
  if (known !== undefined || languages.has(tag)) return known
  let canonical: string | undefined
  try {
    canonical = tag.length <= 35 ? Intl.getCanonicalLocales(tag)[0] : undefined
  } catch {
    canonical = undefined
  }
  if (languages.size >= MAX_LANGUAGES) languages.clear()
  languages.set(tag, canonical)
  return canonical
}

const DECIMAL = /^[+-]?\d{1,3}(\.\d{1,20})?$/

function readPosition(
  longitude: string,
  latitude: string,
  faults: RowFault[],
): ImportRow['position'] {
  const x = readDegrees('longitude', longitude, 180, faults)
  const y = readDegrees('latitude', latitude, 90, faults)
  return x === undefined || y === undefined ? undefined : { longitude: x, latitude: y }
}

function readDegrees(
  column: 'longitude' | 'latitude',
  text: string,
  limit: number,
  faults: RowFault[],
): number | undefined {
  if (!DECIMAL.test(text)) {
    const words = wordsOfFault(text === '' ? 'half_position' : 'not_degrees')
    faults.push({ column, words, value: text })
    return undefined
  }
  const degrees = Number(text)
  if (Math.abs(degrees) <= limit) return degrees
  faults.push({ column, words: wordsOfFault('outside_degrees', { limit }), value: text })
  return undefined
}

const weeks = new Map<string, { readonly spans: readonly WeeklySpan[] } | FaultWords>()
/** As of languages. */
const MAX_WEEKS = 10_000

function readHours(text: string, faults: RowFault[]): readonly WeeklySpan[] | undefined {
  let read = weeks.get(text)
  if (read === undefined) {
    read = weekOf(text)
    if (weeks.size >= MAX_WEEKS) weeks.clear()
    weeks.set(text, read)
  }
  if ('spans' in read) return read.spans
  faults.push({ column: 'hours', words: read, value: text })
  return undefined
}

function weekOf(text: string): { readonly spans: readonly WeeklySpan[] } | FaultWords {
  const spans = readWeeklyHours(text)
  if (spans === undefined) return wordsOfFault('not_week')
  const [fault] = weeklyHoursFaults(spans)
  if (fault === undefined) return { spans }
  const { pointer, detail, ...code } = fault
  return { ...code, detail: `a span's ${pointer.split('/')[2]} ${detail}` }
}

function readGroups(
  named: string,
  groups: ReadonlyMap<string, string>,
  faults: RowFault[],
): string[] {
  const ids: string[] = []
  for (const part of named.split(';')) {
    const name = part.trim()
    if (name === '') continue
    const id = groups.get(name)
    if (id === undefined) {
      faults.push({ column: 'groups', words: wordsOfFault('no_listed_group'), value: name })
    } else if (!ids.includes(id)) {
      ids.push(id)
    }
  }
  return ids
}
