import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { XmlDocument, XsdValidator } from 'libxml2-wasm'
import { expect, test } from 'vitest'
import { draftSchema } from '../../src/cap/alert.ts'
import { alertContent } from '../../src/cap/content.ts'
import { messageOf } from '../../src/cap/export.ts'
import { draftOf } from '../../src/cap/import.ts'
import type { CapInfo } from '../../src/cap/message.ts'
import { judgeByProfile } from '../../src/cap/profiles/profiles.ts'
import { readCapXml } from '../../src/cap/xml-reader.ts'
import { writeCapXml } from '../../src/cap/xml-writer.ts'
import { createXmlSigningKey, signXml } from '../../src/signing/xml-signature.ts'
import { messages } from '../cap/messages.ts'
import { fc } from '../support/property.ts'

const folder = join(process.env['TOCSIN_CONFORMANCE_DATA']!, 'cap')
const schema = XsdValidator.fromDoc(
  XmlDocument.fromBuffer(readFileSync(join(folder, 'CAP-v1.2.xsd'))),
)
const examples = readdirSync(folder).filter(file => !file.endsWith('.xsd'))

const ID = '018f0000-0000-7000-8000-000000000000'

function assertValid(xml: string): void {
  const document = XmlDocument.fromString(xml)
  try {
    schema.validate(document)
  } finally {
    document.dispose()
  }
}

test.each(examples)('%s is read without a fault, and read again as it was written', file => {
  const { message, faults, warnings } = readCapXml(readFileSync(join(folder, file)))
  expect(faults).toEqual([])
  for (const { detail } of warnings) expect(detail).toMatch(/is empty: |has an empty value: /)
  const written = writeCapXml(message!)
  assertValid(written)
  const again = readCapXml(Buffer.from(written))
  expect(again.faults).toEqual([])
  expect(again.message).toEqual(message)
})

test('the standard’s examples need nothing forgiven', () => {
  for (const file of examples.filter(name => /^A\d_/.test(name))) {
    expect(readCapXml(readFileSync(join(folder, file))).warnings, file).toEqual([])
  }
})

test.each(examples)('%s becomes a draft of ours, and that the same message again', file => {
  const { message } = readCapXml(readFileSync(join(folder, file)))
  const isActual = message!.status === 'Actual'
  const roster = isActual ? undefined : ID
  const now = new Date(message!.sent)
  const { draft, faults } = draftOf(message!, { roster, now })
  expect(faults).toEqual([])
  const content = alertContent(draft!, {
    id: ID,
    revision: 1,
    sender: 'tocsin@example.org',
    references: [],
    groups: [],
    excludeGroups: [],
    roster: roster && { id: roster, name: 'Staff', definitionDigest: 'none', count: 1 },
    secondPerson: true,
    emergency: true,
    geocodeSets: [],
    maxRecipients: 1,
  })
  const { info, ...again } = messageOf(content, {
    sent: now,
    references: [],
    status: message!.status,
  })
  const { info: given, ...whole } = message!
  const ours = { identifier: ID, sender: 'tocsin@example.org', sent: again.sent }
  expect(again).toEqual({ ...whole, ...ours })
  expect(info.map(withoutOurs)).toEqual(
    given.map(block => ({ ...block, language: block.language ?? 'en-US' })),
  )
})

/** What a drill's text and an imported alert's origin add. */
function withoutOurs(info: CapInfo): CapInfo {
  return { ...info, parameter: info.parameter.filter(one => !one.valueName.startsWith('tocsin:')) }
}

test('the Canadian alert is what the Canadian profile wants', () => {
  const { message } = readCapXml(readFileSync(join(folder, 'canada.cap')))
  const verdict = judgeByProfile('cap-cp', message!)
  expect(verdict.faults).toEqual([])
})

test('whatever the model can hold is written as the OASIS schema demands', () => {
  fc.assert(
    fc.property(messages, message => assertValid(writeCapXml(message))),
    { numRuns: 300 },
  )
})

test('no text of the examples is lost', () => {
  for (const file of examples) {
    const bytes = readFileSync(join(folder, file))
    const words = (xml: string) =>
      XmlDocument.fromString(xml)
        .root.find('//text()')
        .map(node => node.content.trim())
        .filter(text => text !== '' && !/^[-\d.,\s]+$/.test(text))
    const written = writeCapXml(readCapXml(bytes).message!)
    expect(words(written), file).toEqual(words(bytes.toString()))
  }
})

/** With a hole, two languages, times in three spellings and text that XML must escape. */
function exported(): string {
  const block = {
    category: ['Met'],
    event: 'Flash Flood Warning',
    urgency: 'Immediate',
    severity: 'Extreme',
    certainty: 'Observed',
    expires: '2027-01-01T00:00:00.500Z',
  }
  const ring = (west: number, south: number, size: number) => [
    [west, south],
    [west + size, south],
    [west + size, south + size],
    [west, south + size],
    [west, south],
  ]
  const draft = draftSchema.parse({
    status: 'Actual',
    scope: 'Private',
    addresses: 'one "number two"',
    code: ['profile:example:1'],
    info: [
      {
        ...block,
        effective: '2026-12-31T18:00:00+23:00',
        sms: 'Water > 2 m & rising ]]> <now>\nGo up.',
        resource: [{ resourceDesc: 'Siren', mimeType: 'audio/mpeg', size: 3, derefUri: 'AAAA' }],
        area: [
          {
            areaDesc: 'The valley & beyond',
            polygon: [{ type: 'Polygon', coordinates: [ring(-97, 30, 1), ring(-96.7, 30.3, 0.2)] }],
            circle: [{ center: [-96.5, 30.5], radiusKm: 2.5 }],
            geocode: [{ valueName: 'SAME', value: '048201' }],
          },
        ],
      },
      { ...block, language: 'es-US', sms: 'El agua sube.' },
    ],
  })
  const content = alertContent(draft, {
    id: ID,
    revision: 1,
    sender: 'tocsin@example.org',
    references: [],
    groups: [],
    excludeGroups: [],
    roster: undefined,
    secondPerson: true,
    emergency: true,
    geocodeSets: [],
    maxRecipients: 1,
  })
  const facts = {
    sent: new Date('2026-12-31T12:00:00Z'),
    references: [],
    status: 'Actual',
  } as const
  return writeCapXml(messageOf(content, facts))
}

test('what we export is valid with its signature, which xmlsec1 verifies where it is installed', async context => {
  const key = await createXmlSigningKey('tocsin@example.org', new Date())
  const signed = signXml(exported(), key)
  assertValid(signed)

  const directory = mkdtempSync(join(tmpdir(), 'tocsin-cap-'))
  const write = (name: string, text: string) => {
    writeFileSync(join(directory, name), text)
    return join(directory, name)
  }
  try {
    const certificate = write('certificate.pem', key.certificatePem)
    const verify = (file: string) =>
      spawnSync('xmlsec1', ['verify', '--trusted-pem', certificate, file])
    const good = verify(write('good.xml', signed))
    context.skip(good.error !== undefined, 'xmlsec1 is not installed')
    expect(good.status, String(good.stderr)).toBe(0)
    const bad = verify(write('bad.xml', signed.replace('Water', 'Fire')))
    expect(bad.status).not.toBe(0)
  } finally {
    rmSync(directory, { recursive: true })
  }
}, 60_000)
