import { readingFault } from '../cap/readable.ts'
import { normaliseMailAddress } from '../encoding/mail-address.ts'
import { normalisePhone, type PhoneRefusal } from '../encoding/phone.ts'
import { readWeeklyHours, weeklyHoursFaults, type WeeklySpan } from '../encoding/weekly-hours.ts'
import { AppError } from '../errors.ts'

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
  readonly reason: string
  readonly value: string
}

export interface ImportHeader {
  /** Where each column stands; undefined: the file has none. */
  readonly placeOf: Readonly<Partial<Record<Column, number>>>
  readonly width: number
}

/** @throws AppError `malformed_csv`, naming every column that is unknown, doubled or missing */
export function readHeader(fields: readonly string[]): ImportHeader {
  const placeOf: Partial<Record<Column, number>> = {}
  const wrong: string[] = []
  for (const [place, field] of fields.entries()) {
    const name = field.trim()
    const column = COLUMNS.find(known => known.toLowerCase() === name.toLowerCase())
    if (column === undefined) wrong.push(`${quoted(name)} is no column`)
    else if (placeOf[column] !== undefined) wrong.push(`${column} stands there twice`)
    else placeOf[column] = place
  }
  if (placeOf.phone === undefined) wrong.push('phone is missing')
  if ((placeOf.longitude === undefined) !== (placeOf.latitude === undefined)) {
    wrong.push('longitude and latitude go together')
  }
  if (placeOf.hours !== undefined && placeOf.longitude === undefined) {
    wrong.push('hours are of a place: longitude and latitude are missing')
  }
  if (wrong.length > 0) {
    throw new AppError(
      'malformed_csv',
      `the header row is wrong: ${wrong.slice(0, 10).join('; ')}. Columns are ${COLUMNS.join(', ')}, separated by commas`,
    )
  }
  return { placeOf, width: fields.length }
}

/** A name from the caller's file, cut and stripped of what could disturb a reader. */
function quoted(name: string): string {
  return JSON.stringify(name.slice(0, 40).replaceAll(/[^\x20-\x7e]/g, '?'))
}

const MAX_LENGTH = { name: 200, externalId: 200, consent: 200 } as const

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
    const reason = `has ${fields.length} values where the header has ${header.width}`
    return [{ column: '', reason, value: fields.join(',') }]
  }
  const { placeOf } = header
  const faults: RowFault[] = []

  const written = valueOf(fields, placeOf.phone)
  const phone = readPhone(written, country, faults)
  const address = valueOf(fields, placeOf.email)
  const email = address === '' ? '' : normaliseMailAddress(address)
  if (email === undefined) {
    const reason = 'is no address that letters can be sent to'
    faults.push({ column: 'email', reason, value: address })
  }
  const name = readText('name', valueOf(fields, placeOf.name), faults)
  const externalId = readText('externalId', valueOf(fields, placeOf.externalId), faults)
  const consent = readText('consent', valueOf(fields, placeOf.consent), faults)

  const tag = valueOf(fields, placeOf.language)
  const language = tag === '' ? '' : canonicalLanguage(tag)
  if (language === undefined) {
    faults.push({ column: 'language', reason: 'is no BCP 47 language tag', value: tag })
  }

  const longitude = valueOf(fields, placeOf.longitude)
  const latitude = valueOf(fields, placeOf.latitude)
  const position =
    longitude === '' && latitude === '' ? undefined : readPosition(longitude, latitude, faults)

  const times = valueOf(fields, placeOf.hours)
  const hours = times === '' ? undefined : readHours(times, faults)
  if (times !== '' && longitude === '' && latitude === '') {
    faults.push({ column: 'hours', reason: 'stands beside no place', value: times })
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
    const reason = 'is not written in the digits 0 to 9'
    faults.push({ column: 'phone', reason, value: written })
    return ''
  }
  const read = normalisePhone(written, country)
  if ('phone' in read) return read.phone
  faults.push({ column: 'phone', reason: REFUSALS[read.refused], value: written })
  return ''
}

function readText(column: keyof typeof MAX_LENGTH, text: string, faults: RowFault[]): string {
  if (text.length > MAX_LENGTH[column]) {
    const reason = `is longer than ${MAX_LENGTH[column]} characters`
    faults.push({ column, reason, value: text })
  } else if (/[^\x20-\x7e]/.test(text)) {
    const fault = readingFault(text.normalize('NFC'))?.detail ?? lineFault(text)
    if (fault !== undefined) faults.push({ column, reason: fault, value: text })
    return text.normalize('NFC')
  }
  return text
}

function lineFault(text: string): string | undefined {
  return /[\t\n\r]/.test(text) ? 'holds a line break or a tab' : undefined
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
    const reason = text === '' ? 'is missing beside its pair' : 'is no decimal number of degrees'
    faults.push({ column, reason, value: text })
    return undefined
  }
  const degrees = Number(text)
  if (Math.abs(degrees) <= limit) return degrees
  faults.push({ column, reason: `is outside -${limit} to ${limit}`, value: text })
  return undefined
}

const weeks = new Map<string, readonly WeeklySpan[] | string>()
/** As of languages. */
const MAX_WEEKS = 10_000

function readHours(text: string, faults: RowFault[]): readonly WeeklySpan[] | undefined {
  let read = weeks.get(text)
  if (read === undefined) {
    const spans = readWeeklyHours(text)
    const [fault] = weeklyHoursFaults(spans ?? [])
    read =
      fault === undefined
        ? (spans ?? 'is no week such as Mo-Fr 08:00-17:00; Sa 22:00-06:00')
        : `a span's ${fault.pointer.split('/')[2]} ${fault.detail}`
    if (weeks.size >= MAX_WEEKS) weeks.clear()
    weeks.set(text, read)
  }
  if (typeof read !== 'string') return read
  faults.push({ column: 'hours', reason: read, value: text })
  return undefined
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
      faults.push({ column: 'groups', reason: 'names no listed group', value: name })
    } else if (!ids.includes(id)) {
      ids.push(id)
    }
  }
  return ids
}
