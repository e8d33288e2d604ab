/** How a message centre writes a message_id: 16 digits, 20, hexadecimal as it comes, or 16 capital ones. */
export const MESSAGE_ID_SPELLINGS = [
  'decimal',
  'padded decimal',
  'hexadecimal',
  'HEXADECIMAL',
] as const
export type MessageIdSpelling = (typeof MESSAGE_ID_SPELLINGS)[number]

const LOW_DIGITS = 8
const LOW = 10 ** LOW_DIGITS
const CAPITAL_DIGITS = 16
const PADDED_DIGITS = 20
const ZERO = 0x30
const LOWER = Buffer.from('0123456789abcdef', 'latin1')
const UPPER = Buffer.from('0123456789ABCDEF', 'latin1')

/**
 * Writes an id at `at` of `out` and returns where it ends: at most 20 octets. As a string first, each took a tenth
 * of the time of a whole message.
 */
export function writeMessageId(
  out: Uint8Array,
  at: number,
  id: number,
  spelling: MessageIdSpelling,
): number {
  switch (spelling) {
    case 'decimal':
      return writeDecimal(out, at, id)
    case 'padded decimal': {
      const end = at + PADDED_DIGITS
      out.fill(ZERO, at, end)
      writeDecimal(out, end - digitsOfAny(id), id)
      return end
    }
    case 'hexadecimal':
      return writeHexadecimal(out, at, id, LOWER, 1)
    case 'HEXADECIMAL':
      return writeHexadecimal(out, at, id, UPPER, CAPITAL_DIGITS)
  }
}

const scratch = Buffer.alloc(32)

export function spellMessageId(id: number, spelling: MessageIdSpelling): string {
  return scratch.toString('latin1', 0, writeMessageId(scratch, 0, id, spelling))
}

/** In two halves of eight digits, for those are integers to the processor. */
function writeDecimal(out: Uint8Array, at: number, id: number): number {
  const high = Math.floor(id / LOW)
  const low = id - high * LOW
  if (high === 0) return writeDigits(out, at, low, digitsOf(low))
  return writeDigits(out, writeDigits(out, at, high, digitsOf(high)), low, LOW_DIGITS)
}

const digitsOfAny = (id: number) =>
  id < LOW ? digitsOf(id) : LOW_DIGITS + digitsOf(Math.floor(id / LOW))

function digitsOf(value: number): number {
  let digits = 1
  for (let rest = (value / 10) | 0; rest > 0; rest = (rest / 10) | 0) digits++
  return digits
}

function writeDigits(out: Uint8Array, at: number, value: number, digits: number): number {
  let left = value | 0
  for (let place = at + digits - 1; place >= at; place--) {
    const tens = (left / 10) | 0
    out[place] = ZERO + left - tens * 10
    left = tens
  }
  return at + digits
}

function writeHexadecimal(
  out: Uint8Array,
  at: number,
  id: number,
  alphabet: Uint8Array,
  atLeast: number,
): number {
  let digits = 1
  for (let rest = Math.floor(id / 16); rest > 0; rest = Math.floor(rest / 16)) digits++
  digits = Math.max(digits, atLeast)
  let left = id
  for (let place = at + digits - 1; place >= at; place--) {
    const rest = Math.floor(left / 16)
    out[place] = alphabet[left - rest * 16]!
    left = rest
  }
  return at + digits
}
