import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import {
  encodeBare,
  readCommandId,
  readSequence,
  readStatus,
} from '../../src/encoding/pdu-header.ts'
import {
  prepareSubmit,
  readDestination,
  readMessageId,
  setValidity,
  submitOctets,
  writeSubmit,
} from '../../src/encoding/pdu-in-place.ts'
import { NO_TLVS, decodePdu, encodeFaultAnswer, encodePdu } from '../../src/encoding/pdu.ts'
import {
  COMMAND,
  COMMAND_STATUS,
  MAX_FRAME_OCTETS,
  TLV,
  type Pdu,
  type PduFault,
  commandStatusName,
  isPduFault,
} from '../../src/encoding/smpp.ts'
import { anyPdu, body, header, octet } from '../support/any-pdu.ts'
import { fc } from '../support/property.ts'

interface GoldenPdu {
  name: string
  hex: string
  fields: [string, string][]
}

const golden = JSON.parse(
  readFileSync(new URL('../data/smpp-golden-pdus.json', import.meta.url), 'utf8'),
) as GoldenPdu[]

const NUMERIC =
  /^(command_status|sequence_number|interface_version|.*_(ton|npi|flag|class|id|coding|delivery|length))$/
const TEXTUAL = /^(system_id|message_id)$/

for (const { name, hex, fields } of golden) {
  test(`${name} of an independent library is read field by field and written back octet for octet`, () => {
    const frame = Buffer.from(hex, 'hex')
    const pdu = sound(decodePdu(frame))
    expect(pdu.command).toBe(name)
    const values = pdu as unknown as Record<string, unknown>
    const tlvs: [number, string][] = []
    for (const [field, value] of fields) {
      if (field === 'command_length' || field === 'command_id') continue
      if (field === 'sm_length')
        expect((values['short_message'] as Buffer).length).toBe(hexNumber(value))
      else if (field === 'tag') tlvs.push([hexNumber(value), ''])
      else if (field === 'length') continue
      else if (field === 'value.octet') tlvs.at(-1)![1] = Buffer.from(value).toString('hex')
      else if (field.startsWith('value.')) tlvs.at(-1)![1] = value
      else if (field === 'short_message') expect(String(values[field])).toBe(value)
      else if (!TEXTUAL.test(field) && NUMERIC.test(field)) {
        expect([field, values[field]]).toEqual([field, hexNumber(value)])
      } else expect([field, values[field]]).toEqual([field, value])
    }
    const read = 'tlvs' in pdu ? [...pdu.tlvs] : []
    expect(read.map(([tag, value]) => [tag, Buffer.from(value).toString('hex')])).toEqual(tlvs)
    expect(encodePdu(pdu).toString('hex')).toBe(hex)
  })
}

const hexNumber = (hex: string) => Number.parseInt(hex, 16)

function sound(pdu: Pdu | PduFault): Pdu {
  if (isPduFault(pdu)) throw new Error(pdu.fault)
  return pdu
}

function fault(pdu: Pdu | PduFault): PduFault {
  if (!isPduFault(pdu)) throw new Error(`${pdu.command} was read without a fault`)
  return pdu
}

test('every PDU comes back as it was written', () => {
  fc.assert(
    fc.property(anyPdu, pdu => {
      expect(sound(decodePdu(encodePdu(pdu)))).toEqual(pdu)
    }),
    { numRuns: 500 },
  )
})

test('no octets that a peer can send make the reader throw or read past the frame', () => {
  const commandIds = [...Object.values(COMMAND), 0x0a, 0x12345678]
  fc.assert(
    fc.property(fc.constantFrom(...commandIds), fc.uint8Array({ maxLength: 300 }), (id, rest) => {
      const frame = Buffer.concat([encodeBare(id, 0, 7), rest])
      frame.writeUInt32BE(frame.length)
      const pdu = decodePdu(frame)
      if (isPduFault(pdu)) {
        expect(pdu.command_status).toBeGreaterThan(0)
        expect(pdu.sequence_number).toBe(7)
      }
    }),
    { numRuns: 3_000 },
  )
})

test('a sound PDU cut anywhere or changed in one octet is read or refused, never thrown at', () => {
  fc.assert(
    fc.property(anyPdu, fc.nat(), octet, (pdu, place, value) => {
      const frame = encodePdu(pdu)
      const cut = frame.subarray(0, place % (frame.length + 1))
      expect(isPduFault(decodePdu(cut)) || cut.length === frame.length).toBe(true)
      frame[place % frame.length] = value
      decodePdu(frame)
    }),
    { numRuns: 1_000 },
  )
})

const message = {
  command: 'submit_sm',
  command_status: 0,
  sequence_number: 9,
  service_type: '',
  source_addr_ton: 3,
  source_addr_npi: 0,
  source_addr: '72345',
  dest_addr_ton: 1,
  dest_addr_npi: 1,
  destination_addr: '15550000001',
  esm_class: 0,
  protocol_id: 0,
  priority_flag: 0,
  schedule_delivery_time: '',
  validity_period: '000000010000000R',
  registered_delivery: 1,
  replace_if_present_flag: 0,
  data_coding: 0,
  sm_default_msg_id: 0,
  short_message: Buffer.from('Move to higher ground'),
  tlvs: NO_TLVS,
} as const satisfies Pdu

/** The frame of `message` without its last `count` octets, and with `extra` instead, command_length put right. */
function resized(frame: Buffer, drop: number, extra = Buffer.alloc(0)): Buffer {
  const changed = Buffer.concat([frame.subarray(0, frame.length - drop), extra])
  changed.writeUInt32BE(changed.length)
  return changed
}

test('sm_length beyond the body is answered ESME_RINVMSGLEN with the same sequence', () => {
  const refused = fault(decodePdu(resized(encodePdu(message), 1)))
  expect(refused).toMatchObject({
    command_status: COMMAND_STATUS.ESME_RINVMSGLEN,
    sequence_number: 9,
  })
  const answer = encodeFaultAnswer(refused)!
  expect(answer.toString('hex')).toBe('00000010800000040000000100000009')
})

test('sm_length 255 is refused, the standard ends at 254', () => {
  const frame = resized(
    encodePdu({ ...message, short_message: Buffer.alloc(0) }),
    1,
    Buffer.alloc(256, 255),
  )
  expect(fault(decodePdu(frame)).command_status).toBe(COMMAND_STATUS.ESME_RINVMSGLEN)
})

test('an address without its NUL or longer than its field is refused by name', () => {
  const frame = encodePdu(message)
  const at = frame.indexOf('15550000001')
  const endless = resized(frame, frame.length - at, Buffer.alloc(40, 0x31))
  expect(fault(decodePdu(endless)).command_status).toBe(COMMAND_STATUS.ESME_RINVDSTADR)
  const unended = resized(frame, frame.length - at, Buffer.from('1555'))
  expect(fault(decodePdu(unended)).command_status).toBe(COMMAND_STATUS.ESME_RINVDSTADR)
})

test('a body that ends early is answered ESME_RINVCMDLEN', () => {
  const frame = encodePdu(message)
  const at = frame.indexOf('15550000001') + 12
  expect(fault(decodePdu(resized(frame, frame.length - at))).command_status).toBe(
    COMMAND_STATUS.ESME_RINVCMDLEN,
  )
})

test.each([
  ['longer than the PDU', '04240005aabb'],
  ['cut in its header', '0424'],
  ['a thousand of them', '14000000'.repeat(1_000)],
])('optional parameters %s are answered ESME_RINVTLVSTREAM', (_, hex) => {
  const frame = resized(encodePdu(message), 0, Buffer.from(hex, 'hex'))
  expect(fault(decodePdu(frame)).command_status).toBe(COMMAND_STATUS.ESME_RINVTLVSTREAM)
})

test('of a repeated optional parameter the first counts, and unknown ones pass', () => {
  const frame = resized(encodePdu(message), 0, Buffer.from('042700010204270001051fff0000', 'hex'))
  const pdu = sound(decodePdu(frame))
  expect('tlvs' in pdu && [...pdu.tlvs].map(([tag, value]) => [tag, ...value])).toEqual([
    [TLV.message_state, 2],
    [0x1fff],
  ])
})

test('an unknown command gets generic_nack ESME_RINVCMDID', () => {
  const refused = fault(decodePdu(encodeBare(0x0000000a, 0, 77)))
  expect(encodeFaultAnswer(refused)!.toString('hex')).toBe('0000001080000000000000030000004d')
})

test('a faulty response is not answered', () => {
  expect(encodeFaultAnswer(fault(decodePdu(encodeBare(0x8000abcd, 0, 1))))).toBeUndefined()
})

test.each(['submit_sm_resp', 'bind_transceiver_resp', 'query_sm_resp'] as const)(
  '%s may lack its body',
  command => {
    const pdu = sound(decodePdu(encodeBare(COMMAND[command], COMMAND_STATUS.ESME_RSYSERR, 3)))
    expect(pdu).toMatchObject({ command, command_status: 8, sequence_number: 3 })
  },
)

test('a field of ours that SMPP has no room for is an error that does not repeat it', () => {
  const secret = '1'.repeat(21)
  expect(() => encodePdu({ ...message, destination_addr: secret })).toThrow(
    'submit_sm destination_addr has 21 octets, SMPP takes 20',
  )
  expect(() => encodePdu({ ...message, source_addr: '７２' })).toThrow(
    "source_addr has a character SMPP can't carry",
  )
  expect(() => encodePdu({ ...message, short_message: Buffer.alloc(255) })).toThrow('takes 254')
  const payload = new Map([[TLV.message_payload, Buffer.alloc(65_535)]])
  expect(encodePdu({ ...message, tlvs: payload }).length).toBeLessThan(MAX_FRAME_OCTETS)
})

test('a prepared segment is the same frame as the PDU written field by field', () => {
  fc.assert(
    fc.property(fc.record(body), header.sequence_number, (fields, sequence) => {
      const prepared = {
        ...fields,
        validity_period: '000000010000000R',
        destination_addr: '15550000001',
      }
      const template = prepareSubmit(prepared)
      const out = Buffer.alloc(submitOctets(template) + 5)
      const end = writeSubmit(out, 5, template, sequence, '+15550000001', 0)
      const whole = encodePdu({
        ...prepared,
        command: 'submit_sm',
        command_status: 0,
        sequence_number: sequence,
      })
      expect(out.toString('hex', 5, end)).toBe(whole.toString('hex'))
      expect(readDestination(out, 5, end)).toBe('15550000001')
    }),
  )
})

test('reference and validity of a prepared segment change without touching its neighbours', () => {
  const udh = Buffer.from('06080400000201', 'hex')
  const short_message = Buffer.concat([udh, Buffer.from('a')])
  const template = prepareSubmit(
    { ...message, esm_class: 0x40, short_message },
    { at: 3, octets: 2 },
  )
  setValidity(template, '000000000159000R')
  const out = Buffer.alloc(submitOctets(template))
  const end = writeSubmit(out, 0, template, 5, '+447700900123', 0xbeef)
  expect(sound(decodePdu(out.subarray(0, end)))).toMatchObject({
    destination_addr: '447700900123',
    sequence_number: 5,
    validity_period: '000000000159000R',
    short_message: Buffer.from('060804beef020161', 'hex'),
  })
})

test('a submit_sm_resp is read in place', () => {
  const taken = encodePdu({
    command: 'submit_sm_resp',
    command_status: 0,
    sequence_number: 41,
    message_id: '00B8BE19',
    tlvs: NO_TLVS,
  })
  expect([readCommandId(taken, 0), readStatus(taken, 0), readSequence(taken, 0)]).toEqual([
    0x80000004, 0, 41,
  ])
  expect(readMessageId(taken, 0, taken.length)).toBe('00B8BE19')
  const refused = encodeBare(0x80000004, COMMAND_STATUS.ESME_RTHROTTLED, 42)
  expect(readMessageId(refused, 0, refused.length)).toBe('')
})

test('the destination of a submit_sm that is not whole is not read', () => {
  const frame = encodePdu(message)
  const at = frame.indexOf('15550000001')
  expect(readDestination(frame, 0, at + 5)).toBeUndefined()
  expect(readDestination(frame, 0, 18)).toBeUndefined()
})

test('statuses are named by the standard, those of carriers by number', () => {
  expect(commandStatusName(0x58)).toBe('ESME_RTHROTTLED')
  expect(commandStatusName(0x400)).toBe('0x00000400')
})
