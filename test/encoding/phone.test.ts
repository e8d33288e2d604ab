import { readFileSync } from 'node:fs'
import examples from 'libphonenumber-js/mobile/examples'
import { getCountries, getExampleNumber } from 'libphonenumber-js/max'
import { expect, test } from 'vitest'
import { normalisePhone, phoneOfAddress, sourceAddress } from '../../src/encoding/phone.ts'

const reserved = JSON.parse(
  readFileSync(new URL('../data/reserved-phone-ranges.json', import.meta.url), 'utf8'),
) as { must_refuse_as_recipient: string[] }

test.each([
  ['+15551230000', undefined, '+15551230000'],
  ['+1 (555) 123-0000', undefined, '+15551230000'],
  ['15551230000', 'US', '+15551230000'],
  ['555.123.0000', 'ca', '+15551230000'],
  ['+15550000001', undefined, '+15550000001'],
  ['+12125550142', undefined, '+12125550142'],
  ['+447700900123', undefined, '+447700900123'],
  ['+44 (0)7700 900123', undefined, '+447700900123'],
  ['07700 900123', 'GB', '+447700900123'],
  ['+44 07700 900123', undefined, '+447700900123'],
  ['+4407700900123', undefined, '+447700900123'],
  ['+610491570156', undefined, '+61491570156'],
  ['+39 06 12345678', undefined, '+390612345678'],
  ['+61 491 570 156', undefined, '+61491570156'],
  ['0491 570 156', 'AU', '+61491570156'],
  ['＋１５５５１２３００００', undefined, '+15551230000'],
  ['  +15551230000 ', undefined, '+15551230000'],
  ['+881612345678', undefined, '+881612345678'],
])('%s (%s) is %s', (input, country, phone) => {
  expect(normalisePhone(input, country)).toEqual({ phone })
})

test.each([
  ['', undefined, 'empty'],
  ['   ', 'US', 'empty'],
  ['911', 'US', 'emergency'],
  ['112', undefined, 'emergency'],
  ['999', 'GB', 'emergency'],
  ['+911', undefined, 'emergency'],
  ['9-1-1', 'US', 'emergency'],
  ['9116666666', 'US', 'emergency'],
  ['72345', 'US', 'short_code'],
  ['723456', 'US', 'short_code'],
  ['+1 900 555 0199', undefined, 'premium'],
  ['9001230000', 'US', 'premium'],
  ['+44 9098 790000', undefined, 'premium'],
  ['+61 1900 654 321', undefined, 'premium'],
  ['+44 8081 570000', undefined, 'service_number'],
  ['+80012345678', undefined, 'service_number'],
  ['+80812345678', undefined, 'service_number'],
  ['+870123456789', undefined, 'service_number'],
  ['+979123456789', undefined, 'service_number'],
  ['+999123456789', undefined, 'impossible'],
  ['+1555123000', undefined, 'impossible'],
  ['+155512300000', undefined, 'impossible'],
  ['+11551230000', undefined, 'impossible'],
  ['+14111230000', undefined, 'impossible'],
  ['+44770090012345', undefined, 'impossible'],
  ['+0123456789', undefined, 'impossible'],
  ['5551230000', undefined, 'country_needed'],
  ['5551230000', 'XX', 'country_needed'],
  ['somebody', 'US', 'not_a_number'],
  ['+1 555 123 0000 ext 5', undefined, 'not_a_number'],
  ['+1555123=HYPERLINK', undefined, 'not_a_number'],
])('%s (%s) is refused: %s', (input, country, refused) => {
  expect(normalisePhone(input, country)).toEqual({ refused })
})

test('every number that the list of reserved ranges says to refuse is refused', () => {
  for (const entry of reserved.must_refuse_as_recipient) {
    const number = /^[+0-9][0-9 -]*/.exec(entry)?.[0].trim()
    if (number !== undefined)
      expect([entry, normalisePhone(number, 'US')]).toHaveProperty([1, 'refused'])
  }
})

test('numbers kept for fiction are accepted, in use or not', () => {
  const ranges = [
    ['+1212555', 100, 199, 4],
    ['+1555200', 0, 999, 4],
    ['+447700', 900_000, 900_999, 6],
    ['+441632', 960_000, 960_999, 6],
    ['+44141496', 0, 999, 4],
    ['+442079460', 0, 999, 3],
    ['+61491570', 156, 159, 3],
    ['+6125550', 0, 9_999, 4],
    ['+6187010', 0, 9_999, 4],
  ] as const
  for (const [prefix, from, to, width] of ranges) {
    for (const n of [from, Math.floor((from + to) / 2), to]) {
      const phone = prefix + String(n).padStart(width, '0')
      expect(normalisePhone(phone)).toEqual({ phone })
    }
  }
})

test('what was normalised stays as it is, and is what the library would make of it', () => {
  for (const country of getCountries()) {
    const example = getExampleNumber(country, examples)
    if (example === undefined) continue
    const national = example.nationalNumber.length > 6 ? [example.formatNational()] : []
    for (const form of [example.number, example.formatInternational(), ...national]) {
      expect([form, normalisePhone(form, country)]).toEqual([form, { phone: example.number }])
    }
  }
})

test('hostile input is refused in linear time', () => {
  expect(normalisePhone('+'.repeat(100_000), 'US')).toHaveProperty('refused')
  expect(normalisePhone('1 '.repeat(100_000), 'US')).toHaveProperty('refused')
  expect(normalisePhone('(555'.repeat(50_000), 'GB')).toHaveProperty('refused')
})

test.each([
  ['+15551230000', { ton: 1, npi: 1, addr: '15551230000' }],
  ['15551230000', { ton: 1, npi: 1, addr: '15551230000' }],
  ['72345', { ton: 3, npi: 0, addr: '72345' }],
  ['ALERTS', { ton: 5, npi: 0, addr: 'ALERTS' }],
  ['County 911', { ton: 5, npi: 0, addr: 'County 911' }],
])('pitfall 44: sender %s', (address, expected) => {
  expect(sourceAddress(address)).toEqual(expected)
})

test.each(['', '12', '+', 'TWELVE CHARS', 'Naïve', '+1 555', ' ALERTS', '1234567890123456'])(
  'pitfall 44: sender %j is refused',
  address => {
    expect(() => sourceAddress(address)).toThrow('sourceAddress is not')
  },
)

test.each([
  [1, '15551230000', '+15551230000'],
  [0, '+15551230000', '+15551230000'],
  [1, '0015551230000', '+15551230000'],
  [3, '72345', '72345'],
  [5, 'ALERTS', 'ALERTS'],
  [2, '5551230000', '5551230000'],
])('an address of TON %i, %s, is %s', (ton, addr, phone) => {
  expect(phoneOfAddress(ton, addr)).toBe(phone)
})
