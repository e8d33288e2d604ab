import {
  type CountryCode,
  Metadata,
  getCountries,
  getCountryCallingCode,
  isSupportedCountry,
  parsePhoneNumberFromString,
} from 'libphonenumber-js/max'
import { AppError } from '../errors.ts'

/**
 * Phone numbers as people write them, and addresses as SMPP carries them.
 *
 * A number is refused when no phone can have it (its length, an unassigned country) or when nobody may be
 * texted there (emergency, premium, service numbers, short codes); never because its range is not known to be
 * in use. An import of a million rows comes through here, so a number that is already E.164 is judged by a
 * table made once a country, without the parser.
 */

export type PhoneRefusal =
  | 'empty'
  | 'not_a_number'
  /** A national number, and no country to read it by. */
  | 'country_needed'
  | 'impossible'
  | 'emergency'
  | 'short_code'
  | 'premium'
  /** Freephone and the like: an exchange answers, not a person. */
  | 'service_number'

export type PhoneResult = { readonly phone: string } | { readonly refused: PhoneRefusal }

const EMERGENCY = new Set(['000', '110', '111', '112', '119', '911', '999', '9911'])
// ITU E.164 list: freephone, shared cost, Inmarsat's old code, personal numbers, relief, premium rate. The
// satellite and international networks +881 to +883 do have subscribers.
const SERVICE_CALLING_CODES = new Set(['800', '808', '870', '878', '888', '979'])

interface CallingCodeRule {
  readonly callingCode: string
  /** Bit n is set where a national number may have n digits. */
  readonly lengths: number
  readonly premium: readonly RegExp[]
  readonly service: readonly RegExp[]
  /** What may be a prefix that is dialled inside the country alone, as in +44 07700: the parser takes it off. */
  readonly trunkPrefixes: readonly RegExp[]
}

interface FullNumberingPlan {
  possibleLengths(): number[]
  // Missing from the library's own types.
  nationalPrefixForParsing(): string | 0 | undefined
  type(name: 'PREMIUM_RATE' | 'TOLL_FREE'): { pattern(): string } | undefined
}

const countriesOf = new Map<string, CountryCode[]>()
for (const country of getCountries()) {
  const code: string = getCountryCallingCode(country)
  countriesOf.set(code, [...(countriesOf.get(code) ?? []), country])
}
const rules = new Map<string, CallingCodeRule>()

/**
 * The number in E.164 with `+`, or why it is refused. A national number of six digits or fewer counts as a
 * short code; the few islands that have such numbers give them in E.164.
 * @param country ISO 3166-1 alpha-2: whose national form to read a number without `+` by
 */
export function normalisePhone(input: string, country?: string): PhoneResult {
  const text = input.trim()
  if (isE164(text)) return mayHoldTrunkPrefix(text) ? parse(text, undefined) : judge(text)
  if (text === '') return { refused: 'empty' }
  const digits = text.replace(/[^0-9]/g, '')
  if (digits.length <= 6 && /^[+0-9 ().-]+$/.test(text)) {
    return { refused: EMERGENCY.has(digits) ? 'emergency' : 'short_code' }
  }
  if (/^\+[0-9 .-]+$/.test(text)) {
    const bare = text.replace(/[ .-]/g, '')
    if (isE164(bare) && !mayHoldTrunkPrefix(bare)) return judge(bare)
  }
  const defaultCountry = country?.toUpperCase()
  if (isNorthAmerican(defaultCountry) && /^[0-9 ().-]+$/.test(text)) {
    if (digits.length === 10) return judge(`+1${digits}`)
    if (digits.length === 11 && digits.startsWith('1')) return judge(`+${digits}`)
  }
  if (defaultCountry !== undefined && /^0[1-9][0-9 .-]+$/.test(text)) {
    const phone = withoutTrunkZero(digits, defaultCountry)
    if (phone !== undefined && isE164(phone) && !mayHoldTrunkPrefix(phone)) return judge(phone)
  }
  return parse(text, defaultCountry)
}

const trunks = new Map<string, { readonly callingCode: string; readonly prefix: RegExp }>()

/** `+44…` of `0…`, where a 0 is what this country dials before the number and nothing else is to be changed. */
function withoutTrunkZero(digits: string, country: string): string | undefined {
  if (!isSupportedCountry(country)) return undefined
  let trunk = trunks.get(country)
  if (trunk === undefined) {
    const metadata = new Metadata()
    metadata.selectNumberingPlan(country)
    const numbering = metadata.numberingPlan as unknown as FullNumberingPlan
    const prefix = new RegExp(`^(?:${numbering.nationalPrefixForParsing() || '$'})`)
    trunk = { callingCode: getCountryCallingCode(country), prefix }
    trunks.set(country, trunk)
  }
  const match = trunk.prefix.exec(digits)
  const isZeroAlone = match?.[0] === '0' && match.slice(1).every(group => group === undefined)
  return isZeroAlone ? `+${trunk.callingCode}${digits.slice(1)}` : undefined
}

function parse(text: string, country: string | undefined): PhoneResult {
  // NFKC: full-width digits and plus signs, as East Asian keyboards make them.
  const plain = text.normalize('NFKC')
  const known = country !== undefined && isSupportedCountry(country)
  if (!known && !plain.startsWith('+')) {
    return { refused: /\d/.test(plain) ? 'country_needed' : 'not_a_number' }
  }
  const number = parsePhoneNumberFromString(plain, {
    extract: false,
    ...(known ? { defaultCountry: country } : {}),
  })
  // A text can't be sent to an extension.
  if (number === undefined || number.ext !== undefined) {
    return { refused: /^\+[\d ().-]+$/.test(plain) ? 'impossible' : 'not_a_number' }
  }
  return judge(number.number)
}

/** `+` and 7 to 15 digits, the first not 0. */
function isE164(text: string): boolean {
  if (text.length < 8 || text.length > 16 || text.charCodeAt(0) !== 0x2b) return false
  for (let i = 1; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code < 0x30 || code > 0x39) return false
  }
  return text.charCodeAt(1) !== 0x30
}

function isNorthAmerican(country: string | undefined): boolean {
  return country !== undefined && countriesOf.get('1')!.includes(country as CountryCode)
}

function judge(phone: string): PhoneResult {
  const refused = phone.startsWith('+1') ? refuseNorthAmerican(phone) : refuseByPlan(phone)
  return refused === undefined ? { phone } : { refused }
}

/**
 * The North American plan by its own rules: area codes begin with 2 to 9, N11 are services, 900 is premium.
 * Freephone numbers there take texts, so they pass. 555 is an area code nobody has: drills use it.
 */
function refuseNorthAmerican(phone: string): PhoneRefusal | undefined {
  if (phone.length !== 12 || phone.charCodeAt(2) < 0x32) return 'impossible'
  if (phone.startsWith('911', 2)) return 'emergency'
  if (phone.startsWith('11', 3)) return 'impossible'
  if (phone.startsWith('900', 2)) return 'premium'
  return undefined
}

function refuseByPlan(phone: string): PhoneRefusal | undefined {
  const rule = ruleOf(phone)
  if (rule === undefined || rule === 'service_number') return rule ?? 'impossible'
  const national = phone.slice(1 + rule.callingCode.length)
  if ((rule.lengths & (1 << national.length)) === 0) return 'impossible'
  if (rule.premium.some(pattern => pattern.test(national))) return 'premium'
  if (rule.service.some(pattern => pattern.test(national))) return 'service_number'
  return undefined
}

function mayHoldTrunkPrefix(phone: string): boolean {
  if (phone.startsWith('+1')) return false
  const rule = ruleOf(phone)
  if (rule === undefined || rule === 'service_number') return false
  const national = phone.slice(1 + rule.callingCode.length)
  // Some of the library's patterns match nothing as well: then there is nothing to take off.
  return rule.trunkPrefixes.some(pattern => (pattern.exec(national)?.[0] ?? '') !== '')
}

// No calling code is the beginning of another (ITU-T E.164).
function ruleOf(phone: string): CallingCodeRule | 'service_number' | undefined {
  for (let digits = 1; digits <= 3; digits++) {
    const callingCode = phone.slice(1, 1 + digits)
    if (SERVICE_CALLING_CODES.has(callingCode)) return 'service_number'
    const rule = rules.get(callingCode) ?? makeRule(callingCode)
    if (rule !== undefined) return rule
  }
  return undefined
}

const INTERNATIONAL_NETWORKS = ['881', '882', '883']

function makeRule(callingCode: string): CallingCodeRule | undefined {
  const plans: readonly string[] =
    countriesOf.get(callingCode) ?? INTERNATIONAL_NETWORKS.filter(code => code === callingCode)
  if (plans.length === 0) return undefined
  const metadata = new Metadata()
  const premium = new Set<string>()
  const service = new Set<string>()
  const trunkPrefixes = new Set<string>()
  let lengths = 0
  for (const plan of plans) {
    metadata.selectNumberingPlan(plan as CountryCode)
    const numbering = metadata.numberingPlan as unknown as FullNumberingPlan
    for (const length of numbering.possibleLengths()) lengths |= 1 << length
    const paid = numbering.type('PREMIUM_RATE')?.pattern()
    const free = numbering.type('TOLL_FREE')?.pattern()
    if (paid) premium.add(paid)
    if (free) service.add(free)
    const trunkPrefix = numbering.nationalPrefixForParsing()
    if (trunkPrefix) trunkPrefixes.add(trunkPrefix)
  }
  const whole = (pattern: string) => new RegExp(`^(?:${pattern})$`)
  const rule: CallingCodeRule = {
    callingCode,
    lengths,
    premium: [...premium].map(whole),
    service: [...service].map(whole),
    trunkPrefixes: [...trunkPrefixes].map(prefix => new RegExp(`^(?:${prefix})`)),
  }
  rules.set(callingCode, rule)
  return rule
}

/** An address with its type of number and numbering plan (SMPP 3.4 §5.2.5, §5.2.6). */
export interface SmppAddress {
  readonly ton: number
  readonly npi: number
  readonly addr: string
}

/**
 * How SMPP carries one of our sender addresses: international 1/1 without the `+`, short code 3/0,
 * alphanumeric 5/0 of at most 11 characters.
 * @throws AppError `invalid_carrier` for what no message centre would take
 */
export function sourceAddress(address: string): SmppAddress {
  const digits = address.startsWith('+') ? address.slice(1) : address
  if (/^[0-9]{3,8}$/.test(digits) && digits === address) return { ton: 3, npi: 0, addr: digits }
  if (/^[0-9]{7,15}$/.test(digits)) return { ton: 1, npi: 1, addr: digits }
  // The letters that the default alphabet shares with ASCII at the same code, and blanks between them.
  if (/^(?=.*[A-Za-z])[A-Za-z0-9&._-][A-Za-z0-9 &._-]{0,10}$/.test(address)) {
    return { ton: 5, npi: 0, addr: address }
  }
  throw new AppError(
    'invalid_carrier',
    'sourceAddress is not a phone number in E.164, a short code of 3 to 8 digits or a name of up to 11 characters',
  )
}

/** A phone's address as it came in, in E.164 with `+` where it is a number; other addresses as they are. */
export function phoneOfAddress(ton: number, addr: string): string {
  const digits = addr.replace(/^(\+|00(?=\d{8}))/, '')
  if (!/^[0-9]{7,15}$/.test(digits)) return addr
  return ton <= 1 || addr !== digits ? `+${digits}` : addr
}
