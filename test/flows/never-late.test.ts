import { expect } from 'vitest'
import { judge } from '../../src/simulator/judge.ts'
import {
  approveDraft,
  deliveriesOf,
  expectedTexts,
  floodAlert,
  settle,
  test,
  watchUntil,
} from '../support/service.ts'

const RECIPIENTS = 600
/** So slow that the English text expires half-way. */
const NORTH = { name: 'North', segmentsPerSecond: 100, window: 50, binds: 1 }
/** For the message centre's clock is read when it gets to a message, not when the message came. */
const SLACK_MS = 500

test(
  'pitfall 21: nothing leaves after its text has expired',
  { timeout: 60_000 },
  async ({ tocsin, db }) => {
    const { author } = tocsin
    const residents = await settle(db, RECIPIENTS)
    const english = residents.filter(resident => resident.language === 'en-US')
    const spanish = residents.filter(resident => resident.language === 'es-US')
    tocsin.startDispatcher()
    const { list } = await tocsin.startCarriers([NORTH])

    const expires = new Date(Math.ceil(Date.now() / 1000) * 1000 + 4_000)
    const spanishExpires = new Date(expires.getTime() + 3_600_000)
    const alertId = await approveDraft(tocsin, floodAlert({ expires, spanishExpires }))
    await author.client.post(`/v1/alerts/${alertId}/dispatch`)
    const { progress } = await watchUntil(
      author.client,
      alertId,
      ({ state, submitted }) => state === 'expired' && submitted === 0,
    )

    const reached = judge(list, expectedTexts(english))
    expect(progress).toMatchObject({
      delivered: reached.reached + spanish.length,
      expired: english.length - reached.reached,
      possibleDuplicates: 0,
    })
    expect(progress.expired).toBeGreaterThan(0)
    // The Spanish text was good for an hour longer: everybody got it.
    expect(judge(list, expectedTexts(spanish))).toMatchObject({ missed: [], extraCopies: 0 })

    for (let i = 0; i < list.segments; i++) {
      const { at, text, validSeconds } = list.segment(i)
      const end = text.startsWith('FLASH') ? expires : spanishExpires
      const msLeft = end.getTime() - (list.startedAt + at)
      expect(msLeft).toBeGreaterThan(-SLACK_MS)
      // validity_period is whole seconds, the last of them begun when the message left.
      expect(validSeconds * 1000).toBeLessThanOrEqual(Math.max(1_000, msLeft + SLACK_MS))
      expect(validSeconds * 1000).toBeGreaterThan(msLeft - 2_000 - SLACK_MS)
    }
    const late = (await deliveriesOf(author.client, alertId)).filter(one => one.state === 'expired')
    expect(late).toHaveLength(progress.expired)
    expect(late.every(({ attempts }) => attempts === 0)).toBe(true)
  },
)
