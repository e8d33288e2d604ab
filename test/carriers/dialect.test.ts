import { describe, expect, onTestFinished, test } from 'vitest'
import { isSubmitError } from '../../src/carriers/carrier.ts'
import { segmentsOn } from '../../src/carriers/segments.ts'
import { References } from '../../src/carriers/smpp/reference.ts'
import { meaningOf } from '../../src/carriers/smpp/status.ts'
import { COMMAND_STATUS, type ShortMessagePdu, TLV } from '../../src/encoding/smpp.ts'
import { encodeText } from '../../src/encoding/segments.ts'
import { readUserDataHeader } from '../../src/encoding/udh.ts'
import {
  type DialectSettings,
  accountAt,
  bindAccount,
  playCentre,
} from '../support/smpp-dialect.ts'
import { inAnHour } from '../support/smpp-account.ts'
import { startSmsc } from '../support/smsc.ts'

const PHONE = '+15550000001'

/** Sends texts over an account of such settings. @returns the submit_sm of each, as the message centre got them */
async function submitsOf(
  settings: DialectSettings,
  texts: readonly string[],
  expiresAt = inAnHour(),
): Promise<readonly ShortMessagePdu[]> {
  const smsc = await startSmsc()
  onTestFinished(() => smsc.close())
  const { carrier, events } = await bindAccount(smsc.port, settings)
  texts.forEach((text, ref) => {
    carrier.submit({ to: PHONE, text: encodeText(text), expiresAt }, ref)
  })
  await events.until('all taken', () => events.outcomes.length === texts.length)
  expect(events.outcomes.filter(({ outcome }) => isSubmitError(outcome))).toEqual([])
  return smsc.submits
}

const ALPHABETS = ['GSM7', 'GSM7-packed', 'latin1', 'ascii'] as const

describe('pitfall 32: data_coding 0 is what the message centre means by it', () => {
  test.each(ALPHABETS)('@£$_{€} comes through where that is %s', async defaultAlphabet => {
    const centre = await playCentre({ defaultAlphabet })
    const { carrier, events } = await bindAccount(centre.port, {
      dialect: { coding: { defaultAlphabet } },
    })
    const texts = [
      '@£$_{€}',
      '@$_{}',
      `${'{@}'.repeat(80)} $_`,
      `${'é'.repeat(150)}£`,
      'ê'.repeat(90),
    ]
    texts.forEach((text, ref) => {
      carrier.submit({ to: PHONE, text: encodeText(text), expiresAt: inAnHour() }, ref)
    })
    await events.until('all taken', () => events.outcomes.length === texts.length)
    const { list } = centre
    const read = Array.from({ length: list.messages }, (_, i) => list.message(i).text)
    expect(read.toSorted()).toEqual(texts.toSorted())
  })

  test.each([
    ['GSM7', '0001', '@£'],
    ['GSM7-packed', '8000', '@£'],
    ['latin1', '40a3', '@£'],
    ['ascii', '4024', '@$'],
  ] as const)('a phone’s text is read where that is %s', async (defaultAlphabet, hex, text) => {
    const centre = await playCentre()
    const { events } = await bindAccount(centre.port, { dialect: { coding: { defaultAlphabet } } })
    centre.deliver('north', '15550000001', '72345', { short_message: Buffer.from(hex, 'hex') })
    await events.until('the text', () => events.replies.length === 1)
    expect(events.replies[0]!.text).toBe(text)
  })

  test('GSM-7 is never labelled as data_coding 1', async () => {
    const [gsm7, ucs2] = await submitsOf({}, ['@£$_{€}', 'й'])
    expect(gsm7).toMatchObject({ data_coding: 0 })
    expect(ucs2).toMatchObject({ data_coding: 8 })
  })
})

describe('pitfall 44: addresses say what they are', () => {
  // GSM association's common practice: international 1/1 without +, short code 3/0, alphanumeric 5/0.
  test.each([
    ['+15550001234', {}, 1, 1, '15550001234'],
    ['15550001234', {}, 1, 1, '15550001234'],
    ['72345', {}, 3, 0, '72345'],
    ['72345', { ton: 0, npi: 1 }, 0, 1, '72345'],
    ['COUNTY OEM', {}, 5, 0, 'COUNTY OEM'],
    ['+15550001234', { ton: 0, npi: 0 }, 0, 0, '15550001234'],
  ])('from %s with %j as %i/%i', async (sourceAddress, source, ton, npi, address) => {
    const [submit] = await submitsOf({ sourceAddress, dialect: { source } }, ['Flood.'])
    expect(submit).toMatchObject({
      source_addr_ton: ton,
      source_addr_npi: npi,
      source_addr: address,
      dest_addr_ton: 1,
      dest_addr_npi: 1,
      destination_addr: '15550000001',
    })
  })

  test('a destination may be written otherwise', async () => {
    const [submit] = await submitsOf({ dialect: { destination: { ton: 0, npi: 0 } } }, ['Flood.'])
    expect(submit).toMatchObject({ dest_addr_ton: 0, dest_addr_npi: 0 })
  })

  test.each([
    ['a name of 12 letters', 'COUNTY ALERT'],
    ['a letter that GSM-7 has elsewhere', 'Ålert'],
    ['more digits than E.164', '1555000123456789'],
    ['nothing', ''],
  ])('%s is no sender', async (_, sourceAddress) => {
    await expect(bindAccount(1, { sourceAddress })).rejects.toThrow('sourceAddress')
  })
})

describe('long messages', () => {
  const long = 'Flash flood. Move to higher ground. '.repeat(12)

  test.each(['udh8', 'udh16', 'sar', 'payload'] as const)(
    'a phone reads one text by %s',
    async joining => {
      const centre = await playCentre()
      const settings = { dialect: { coding: { joining } } }
      const { carrier, events } = await bindAccount(centre.port, settings)
      const text = encodeText(long)
      carrier.submit({ to: PHONE, text, expiresAt: inAnHour() }, 1)
      await events.until('taken', () => events.outcomes.length === 1)
      const { outcome } = events.outcomes[0]!
      const { list } = centre
      expect(list.messages).toBe(1)
      expect(list.message(0).text).toBe(long)
      expect(segmentsOn(accountAt(0, settings))(text)).toBe(3)
      expect(outcome.messageIds).toHaveLength(joining === 'payload' ? 1 : 3)
    },
  )

  test('a header and sar TLVs are never mixed', async () => {
    const udh = await submitsOf({}, [long])
    expect(udh.map(({ esm_class }) => esm_class)).toEqual([0x40, 0x40, 0x40])
    expect(udh.map(({ tlvs }) => tlvs.size)).toEqual([0, 0, 0])
    const sar = await submitsOf({ dialect: { coding: { joining: 'sar' } } }, [long])
    expect(sar.map(({ esm_class }) => esm_class)).toEqual([0, 0, 0])
    expect(sar.map(({ tlvs }) => tlvs.get(TLV.sar_segment_seqnum)?.[0])).toEqual([1, 2, 3])
  })

  test('a payload leaves when all its segments may, and not before', async () => {
    const smsc = await startSmsc()
    onTestFinished(() => smsc.close())
    const { carrier, events } = await bindAccount(smsc.port, {
      dialect: { coding: { joining: 'payload' } },
    })
    carrier.submit({ to: PHONE, text: encodeText(long), expiresAt: inAnHour() }, 1, 1)
    expect(carrier.release(1)).toBe(1)
    carrier.keepBack()
    expect(events.outcomes).toMatchObject([{ ref: 1, outcome: { kind: 'kept-back' } }])
    carrier.submit({ to: PHONE, text: encodeText(long), expiresAt: inAnHour() }, 2, 1)
    expect([carrier.release(1), carrier.release(1)]).toEqual([1, 1])
    await events.until('the other', () => events.outcomes.length === 2)
    expect(events.outcomes[1]!.outcome).toMatchObject({ messageIds: [expect.any(String)] })
    expect(smsc.submits).toHaveLength(1)
  })
})

test('a link with less room in a segment needs more of them', () => {
  const text = encodeText('a'.repeat(150))
  expect(text.segments).toHaveLength(1)
  const on = (coding: object) => segmentsOn(accountAt(0, { dialect: { coding } }))(text)
  expect(on({})).toBe(1)
  expect(on({ defaultAlphabet: 'latin1' })).toBe(2)
  expect(segmentsOn({})(text)).toBe(1)
})

describe('pitfall 34: a phone never gets one reference for two texts that it may be waiting for', () => {
  const long = encodeText('a'.repeat(170))
  const referencesOf = (submits: readonly ShortMessagePdu[]) =>
    submits.map(({ short_message }) => readUserDataHeader(short_message)!.concat!.reference)

  test.each(['udh8', 'udh16', 'sar'] as const)(
    '300 long messages to one phone by %s',
    async joining => {
      const centre = await playCentre()
      const { carrier, events } = await bindAccount(centre.port, {
        window: 1_000,
        dialect: { coding: { joining } },
      })
      for (let ref = 0; ref < 300; ref++) {
        carrier.submit({ to: PHONE, text: long, expiresAt: inAnHour() }, ref)
      }
      await events.until('all taken', () => events.outcomes.length === 300)
      const { list } = centre
      expect(list.messages).toBe(300)
      const first = Array.from({ length: list.segments }, (_, i) => list.segment(i)).filter(
        ({ part }) => part === 1,
      )
      const references = first.map(({ reference }) => reference)
      // Eight bits say no more than 256 things: none comes again before all others have.
      const most = joining === 'udh8' ? 256 : 300
      for (let i = 0; i + most <= 300; i++) {
        expect(new Set(references.slice(i, i + most)).size).toBe(most)
      }
    },
  )

  test('both parts are on one link, in order, under one reference', async () => {
    const submits = await submitsOf({}, ['a'.repeat(170), 'b'.repeat(170)])
    const [a, b, c, d] = referencesOf(submits)
    expect([a, c]).toEqual([b, d])
    expect(a).not.toBe(c)
  })

  test.each(['udh8', 'udh16'] as const)(
    'nor from a process that was started anew (%s)',
    joining => {
      const started = Date.parse('2026-11-23T04:00:00Z')
      const step = joining === 'udh8' ? 1_200 : 5
      const seen = new Set<number>()
      for (let restart = 0; restart < 200; restart++) {
        seen.add(new References(joining).next(PHONE, started + restart * step))
      }
      expect(seen.size).toBe(200)
    },
  )
})

describe('what a submit_sm says beside its text', () => {
  test.each([
    ['none', 0x00],
    ['final', 0x01],
    ['intermediate', 0x11],
  ] as const)('receipts asked for: %s', async (registeredDelivery, octet) => {
    const [submit] = await submitsOf({ dialect: { registeredDelivery } }, ['Flood.'])
    expect(submit!.registered_delivery).toBe(octet)
  })

  test('the service type', async () => {
    const [submit] = await submitsOf({ dialect: { serviceType: 'EMRG' } }, ['Flood.'])
    expect(submit!.service_type).toBe('EMRG')
  })

  test.each([
    ['relative', /^\d{12}000R$/, 600],
    ['absolute', /^\d{12}000\+$/, 600],
    ['none', /^$/, 0],
  ] as const)(
    'pitfall 21: a validity that is %s is read as it was meant',
    async (validity, form, seconds) => {
      const centre = await playCentre()
      const { carrier, events } = await bindAccount(centre.port, { dialect: { validity } })
      const expiresAt = Date.now() + 600_000
      carrier.submit({ to: PHONE, text: encodeText('Flood.'), expiresAt }, 1)
      await events.until('taken', () => events.outcomes.length === 1)
      const { validSeconds } = centre.list.segment(0)
      expect(validSeconds).toBeLessThanOrEqual(seconds)
      expect(validSeconds).toBeGreaterThanOrEqual(Math.max(0, seconds - 5))
      const [submit] = await submitsOf({ dialect: { validity } }, ['Flood.'], expiresAt)
      expect(submit!.validity_period).toMatch(form)
    },
  )
})

describe('pitfall 18: each command_status is what its class says, over a session', () => {
  const TABLE: readonly (readonly [number, string])[] = [
    // Elsewhere, or later.
    [0x08, 'elsewhere'],
    [0x14, 'throttled'],
    [0x58, 'throttled'],
    [0x64, 'elsewhere'],
    [0x45, 'elsewhere'],
    // Never.
    [0x0b, 'permanent'],
    [0x33, 'permanent'],
    [0x66, 'permanent'],
    [0x65, 'permanent'],
    [0x62, 'permanent'],
    // Nothing, until somebody mends it.
    [0x0a, 'configuration'],
    [0x04, 'configuration'],
    [0x0e, 'configuration'],
    // A carrier's own.
    [0x0400, 'elsewhere'],
  ]
  const OWN = new Map([
    [0x0401, 'permanent'],
    [COMMAND_STATUS.ESME_RSYSERR, 'throttled'],
  ] as const)

  const refusedWith = async (statuses: readonly number[], settings: DialectSettings = {}) => {
    const smsc = await startSmsc({
      submit: (link, pdu) =>
        link.answer(pdu, { status: statuses[Number(pdu.destination_addr.slice(-3))]! }),
    })
    onTestFinished(() => smsc.close())
    const { carrier, events } = await bindAccount(smsc.port, { window: 100, ...settings })
    const text = encodeText('Flood.')
    statuses.forEach((_, ref) => {
      const to = `+15550000${String(ref).padStart(3, '0')}`
      carrier.submit({ to, text, expiresAt: inAnHour() }, ref)
    })
    await events.until('all refused', () => events.outcomes.length === statuses.length)
    return events.outcomes
      .toSorted((a, b) => a.ref - b.ref)
      .map(({ outcome }) => (isSubmitError(outcome) ? outcome.kind : 'taken'))
  }

  test('one message a code', async () => {
    const kinds = await refusedWith(TABLE.map(([status]) => status))
    expect(kinds).toEqual(TABLE.map(([, kind]) => kind))
  })

  test('every code of the standard is of some class', async () => {
    const codes = Object.values(COMMAND_STATUS).filter(status => status !== 0)
    expect(await refusedWith(codes)).toEqual(codes.map(code => meaningOf(code, new Map()).kind))
  })

  test('a carrier may mean something else by a code', async () => {
    const kinds = await refusedWith([0x0401, 0x08, 0x0402], { dialect: { statuses: OWN } })
    expect(kinds).toEqual(['permanent', 'throttled', 'elsewhere'])
  })
})
