import { expect, test } from 'vitest'
import { draftSchema } from '../../src/cap/alert.ts'
import { alertContent, digestOfBytes } from '../../src/cap/content.ts'
import { readSigned } from '../../src/console/lib/signed.ts'
import type { Alert } from '../../src/console/lib/types.ts'
import { checksOf, hasFault, type Facts } from '../../src/console/screens/alert/checks.ts'
import { canonicalBytes } from '../../src/signing/canonical.ts'
import { CORRECTIONS } from '../support/corrections.ts'
import { floodAlert } from '../support/service.ts'

const draft = draftSchema.parse({ ...floodAlert(), corrections: CORRECTIONS })
const content = alertContent(draft, {
  id: '0190a3b2-7c1e-7000-8000-000000000001',
  revision: 3,
  sender: 'county.example',
  references: [],
  groups: [],
  excludeGroups: [],
  roster: undefined,
  secondPerson: true,
  emergency: true,
  geocodeSets: [],
  maxRecipients: 1_050,
})
const bytes = canonicalBytes(content)
const alert = { id: content.id, contentDigest: digestOfBytes(bytes) } as Alert

const factsOf = async (changes: Partial<Facts> = {}, held = bytes): Promise<Facts> => ({
  alert,
  read: await readSigned(held),
  estimate: undefined,
  linted: undefined,
  before: undefined,
  areaKm2: undefined,
  refusal: null,
  ...changes,
})

test('the browser finds the same digests in the bytes as the server wrote', async () => {
  const read = await readSigned(bytes)
  expect(read.digest).toBe(alert.contentDigest)
  expect(read.areasDigest).toBe(content.areasDigest)
  expect(hasFault(checksOf(await factsOf()))).toBe(false)
})

test('bytes that are not those that were signed, or of another alert, keep everybody from approving', async () => {
  const other = canonicalBytes({ ...content, maxRecipients: 9_000_000 })
  expect(hasFault(checksOf(await factsOf({}, other)))).toBe(true)
  const stranger = { ...alert, id: '0190a3b2-7c1e-7000-8000-000000000002' }
  expect(hasFault(checksOf(await factsOf({ alert: stranger })))).toBe(true)
})

test('an area that was lost or changed on the way is a fault, also where the digest beside the bytes agrees', async () => {
  for (const areas of [[], [{ ...content.areas[0]!, areaDesc: 'The whole county' }]]) {
    const held = canonicalBytes({ ...content, areas })
    const agreeing = { ...alert, contentDigest: digestOfBytes(held) }
    const checks = checksOf(await factsOf({ alert: agreeing }, held))
    expect(checks.filter(({ kind }) => kind === 'error')).toEqual([
      { kind: 'error', text: 'The area is not the one that was signed. Do not approve.' },
    ])
  }
})

test('whoever the server would refuse is told before, in its words', async () => {
  const refusal = 'part of the alert lies outside your jurisdiction'
  const checks = checksOf(await factsOf({ refusal }))
  expect(checks).toContainEqual({ kind: 'error', text: refusal })
})
