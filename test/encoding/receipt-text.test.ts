import { expect, test } from 'vitest'
import { TLV } from '../../src/encoding/smpp.ts'
import { normaliseMessageId, readReceipt } from '../../src/encoding/receipt-text.ts'
import { fc } from '../support/property.ts'

const latin1 = (text: string) => Buffer.from(text, 'latin1')
const utf16 = (text: string) => Buffer.from(text, 'utf16le').swap16()

function receipt(text: string | Buffer, tlvs: [number, string][] = [], data_coding = 0) {
  return readReceipt({
    short_message: typeof text === 'string' ? latin1(text) : text,
    data_coding,
    tlvs: new Map(tlvs.map(([tag, hex]) => [tag, Buffer.from(hex, 'hex')])),
  })
}

const dates = 'submit date:2611230200 done date:2611230201'
const uuid = '3f2504e0-4f89-41d3-9a0c-0305e82c3301'

// Shapes as message centres send them: appendix B first, then what is made of it.
test.each([
  [
    `id:0123456789 sub:001 dlvrd:001 ${dates} stat:DELIVRD err:000 text:Flood`,
    '0123456789',
    'DELIVERED',
    'DELIVRD 000',
  ],
  [
    `id:00B8BE19 sub:001 dlvrd:000 ${dates} stat:UNDELIV err:0A1 text:`,
    '00B8BE19',
    'UNDELIVERABLE',
    'UNDELIV 0A1',
  ],
  [`id:7 sub:001 dlvrd:000 ${dates} stat:EXPIRED err:001`, '7', 'EXPIRED', 'EXPIRED 001'],
  [`id:7 sub:001 dlvrd:000 ${dates} stat:DELETED err:002`, '7', 'DELETED', 'DELETED 002'],
  [`id:7 sub:001 dlvrd:000 ${dates} stat:REJECTD err:011`, '7', 'REJECTED', 'REJECTD 011'],
  [`id:7 ${dates} stat:ACCEPTD err:000`, '7', 'ACCEPTED', 'ACCEPTD 000'],
  [`id:7 ${dates} stat:ENROUTE err:000`, '7', 'ENROUTE', 'ENROUTE 000'],
  [`id:7 ${dates} stat:UNKNOWN err:000`, '7', 'UNKNOWN', 'UNKNOWN 000'],
  [`ID:7 SUB:001 STAT:DELIVRD ERR:000 TEXT:x`, '7', 'DELIVERED', 'DELIVRD 000'],
  [`id:7 Stat:DELIVRD Err:000`, '7', 'DELIVERED', 'DELIVRD 000'],
  [`id:7 stat:delivrd err:0`, '7', 'DELIVERED', 'DELIVRD 0'],
  [`id: 7 sub: 001 stat: DELIVRD err: 000`, '7', 'DELIVERED', 'DELIVRD 000'],
  [`id : 7 stat : DELIVRD`, '7', 'DELIVERED', 'DELIVRD'],
  [`id:7\nstat:DELIVRD\nerr:000\n`, '7', 'DELIVERED', 'DELIVRD 000'],
  [`id:7\tstat:DELIVRD`, '7', 'DELIVERED', 'DELIVRD'],
  [`id:7 submit_date:2611230200 done_date:2611230201 stat:DELIVRD`, '7', 'DELIVERED', 'DELIVRD'],
  [`id:7 submitdate:2611230200 donedate:2611230201 stat:DELIVRD`, '7', 'DELIVERED', 'DELIVRD'],
  [`stat:DELIVRD err:000 id:7`, '7', 'DELIVERED', 'DELIVRD 000'],
  [`id:7,stat:DELIVRD,err:0A1`, '7', 'DELIVERED', 'DELIVRD 0A1'],
  [`id:7;sub:001;dlvrd:001;stat:UNDELIV;err:027;`, '7', 'UNDELIVERABLE', 'UNDELIV 027'],
  [`id:north\x117f stat:DELIVRD`, 'north_7f', 'DELIVERED', 'DELIVRD'],
  [`id:${uuid} stat:DELIVRD`, uuid, 'DELIVERED', 'DELIVRD'],
  [`id:${'9'.repeat(64)} stat:DELIVRD`, '9'.repeat(64), 'DELIVERED', 'DELIVRD'],
  [`id:7 stat:DELIVERED`, '7', 'DELIVERED', 'DELIVERED'],
  [`id:7 stat:UNDELIVERED err:27`, '7', 'UNDELIVERABLE', 'UNDELIVERED 27'],
  [`id:7 stat:FAILED`, '7', 'UNDELIVERABLE', 'FAILED'],
  [`id:7 stat:BUFFRED`, '7', 'ENROUTE', 'BUFFRED'],
  [`id:7 stat:WHAT err:000`, '7', 'UNKNOWN', 'UNKNOWN 000'],
  [`id:7 sub:001 dlvrd:001 done date:0000000000 stat:DELIVRD`, '7', 'DELIVERED', 'DELIVRD'],
  [`id:7 done date:2602310000 stat:DELIVRD`, '7', 'DELIVERED', 'DELIVRD'],
  [`id:7 stat:DELIVRD err:a=b;drop`, '7', 'DELIVERED', 'DELIVRD'],
  [`stat:DELIVRD`, '', 'DELIVERED', 'DELIVRD'],
  [`id:${'9'.repeat(300)} stat:DELIVRD`, '', 'DELIVERED', 'DELIVRD'],
  [`id:7 stat:UNDELIV err:001 text:id:8 stat:DELIVRD`, '7', 'UNDELIVERABLE', 'UNDELIV 001'],
  [`id:7 id:8 stat:UNDELIV stat:DELIVRD`, '7', 'UNDELIVERABLE', 'UNDELIV'],
])('pitfall 26: every text of a receipt is read: %j', (text, messageId, state, reason) => {
  expect(receipt(text)).toEqual({ messageId, state, reason })
})

test('pitfall 26: TLVs come before the text, a missing NUL is forgiven', () => {
  const text = 'id:7 stat:ENROUTE err:0A1'
  const id = (nul: string): [number, string] => [
    TLV.receipted_message_id,
    Buffer.from('00B8BE19').toString('hex') + nul,
  ]
  const delivered: [number, string] = [TLV.message_state, '02']
  const expected = { messageId: '00B8BE19', state: 'DELIVERED', reason: 'DELIVERED 0A1' }
  expect(receipt(text, [id('00'), delivered])).toEqual(expected)
  expect(receipt(text, [id(''), delivered])).toEqual(expected)
  expect(receipt('', [id('00'), delivered])).toEqual({ ...expected, reason: 'DELIVERED' })
  expect(receipt(text, [delivered])).toMatchObject({ messageId: '7', state: 'DELIVERED' })
  expect(
    receipt('', [id('00'), [TLV.message_state, '05'], [TLV.network_error_code, '030021']]),
  ).toEqual({
    messageId: '00B8BE19',
    state: 'UNDELIVERABLE',
    reason: 'UNDELIVERABLE 033',
  })
  expect(receipt(text, [id('00'), [TLV.message_state, 'ee']])).toMatchObject({ state: 'ENROUTE' })
})

test('pitfall 26: a text in message_payload or in UCS-2 is read, whatever data_coding says', () => {
  const text = 'id:7 stat:DELIVRD err:000'
  const expected = { messageId: '7', state: 'DELIVERED', reason: 'DELIVRD 000' }
  expect(receipt('', [[TLV.message_payload, latin1(text).toString('hex')]])).toEqual(expected)
  expect(receipt(utf16(text), [], 8)).toEqual(expected)
  expect(receipt(utf16(text), [], 0)).toEqual(expected)
  expect(receipt(utf16(text), [], 1)).toEqual(expected)
  expect(receipt(Buffer.from(text, 'utf16le'), [], 8)).toEqual(expected)
  expect(receipt(text, [], 8)).toEqual(expected)
})

test('what names neither message nor state is no receipt', () => {
  expect(receipt('')).toBeUndefined()
  expect(receipt('See you at the valid: place')).toBeUndefined()
})

test('no text takes more than a glance', () => {
  const bombs = [
    'id :'.repeat(16_000),
    ' '.repeat(64_000),
    'id:'.repeat(20_000),
    `id:${' '.repeat(60_000)}`,
  ]
  for (const bomb of bombs) {
    const start = performance.now()
    receipt('', [[TLV.message_payload, latin1(bomb).toString('hex')]])
    expect(performance.now() - start).toBeLessThan(20)
  }
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), octets => void receipt(Buffer.from(octets))),
  )
})

test('pitfall 24: an id matches its other spellings, by what the carrier writes where', () => {
  const submitted = normaliseMessageId('00B8BE19', 'hexadecimal')
  expect(normaliseMessageId('b8be19', 'hexadecimal')).toBe(submitted)
  expect(normaliseMessageId('12107289', 'decimal')).toBe(submitted)
  expect(normaliseMessageId('0012107289', 'decimal')).toBe(submitted)
  expect(normaliseMessageId('12107290', 'decimal')).not.toBe(submitted)
  expect(normaliseMessageId('b8be19', 'decimal')).toBe(submitted)
  expect(normaliseMessageId('b8be18', 'decimal')).not.toBe(submitted)
  expect(normaliseMessageId('00B8BE19', 'folded')).toBe(normaliseMessageId('b8be19', 'folded'))
  expect(normaliseMessageId('00AbC', 'folded')).toBe(normaliseMessageId('abc', 'folded'))
  expect(normaliseMessageId('0', 'folded')).toBe('0')
  expect(normaliseMessageId('AbC', 'exact')).not.toBe(normaliseMessageId('abc', 'exact'))
})
