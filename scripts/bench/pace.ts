/**
 * Whether an account's limit is kept and used, as the carrier counts: message centres in processes of their own
 * count every sliding second of what they are offered.
 *
 *     npm run bench:pace -- --seconds 60
 *     npm run bench:pace -- --only limits --rates 1,10,100,1000,10000
 *
 * `limits`: one bind, texts of one segment. `shared`: six binds over three dispatchers. `long`: texts of two to four
 * segments at low rates. `together`: carriers of 100, 500 and 2,000 at once must end together. `throttled`: a carrier
 * that takes half of what it is configured for.
 */
import { parseArgs } from 'node:util'
import { countTaken, prepareAlert, withCounty, type County } from './county.ts'
import type { Counts } from './sink-process.ts'

const { values } = parseArgs({
  options: {
    rates: { type: 'string', default: '1,10,100,1000,10000' },
    seconds: { type: 'string', default: '20' },
    only: { type: 'string', default: 'limits,shared,long,together,throttled' },
  },
})
const SECONDS = Math.min(600, Number(values.seconds))
const RATES = values.rates.split(',').map(Number)
const only = new Set(values.only.split(','))

/** Of 160 septets alone and 153 each when joined (3GPP TS 23.038 §6.2.1). */
const textOf = (segments: number) =>
  'FLASH FLOOD WARNING. '.padEnd(segments === 1 ? 120 : segments * 153, 'Move to high ground. ')

const limitsOf = (rate: number, binds = 1) => ({
  segmentsPerSecond: rate,
  window: Math.max(10, Math.ceil(rate / 5 / binds)),
  binds,
})

/** Sends the alert and waits until the carriers have taken it whole. */
async function send(county: County, recipients: number, segments = 1): Promise<void> {
  const alert = await prepareAlert(county, 'short', 1, [textOf(segments)])
  await alert.dispatch()
  while ((await countTaken(county, alert.id)).taken < recipients) await pause(200)
}

const pause = (ms: number) => new Promise(resolve => setTimeout(resolve, ms))
const percent = (share: number) => `${(share * 100).toFixed(1)} %`
const say = (what: string, figures: string, isKept: boolean) =>
  process.stdout.write(`${what.padEnd(44)} ${figures}: ${isKept ? 'kept' : 'NOT KEPT'}\n`)

function sayLimit(what: string, rate: number, { most, taken, first, last }: Counts): void {
  const used = (taken - 1) / ((last - first) / 1000) / rate
  const figures = `at most ${most} in any second, ${percent(used)} used`
  say(what, figures, most <= rate + 1 && used >= 0.98)
}

async function limits(): Promise<void> {
  for (const rate of RATES) {
    const recipients = rate * SECONDS
    await withCounty({ recipients, carrier: limitsOf(rate) }, async county => {
      await send(county, recipients)
      sayLimit(`${rate} a second`, rate, await county.sink.counts())
    })
  }
}

async function shared(): Promise<void> {
  for (const rate of [100, 1_000]) {
    const recipients = rate * SECONDS
    const options = { recipients, carrier: limitsOf(rate, 6), dispatchers: 3 }
    await withCounty(options, async county => {
      await send(county, recipients)
      sayLimit(`${rate}, 3 dispatchers, 6 binds`, rate, await county.sink.counts())
    })
  }
}

async function long(): Promise<void> {
  const cases = [
    { rate: 1, segments: 3 },
    { rate: 5, segments: 4 },
    { rate: 20, segments: 2 },
    { rate: 100, segments: 3 },
  ]
  for (const { rate, segments } of cases) {
    const recipients = Math.max(4, Math.floor((rate * SECONDS) / segments))
    await withCounty({ recipients, carrier: limitsOf(rate) }, async county => {
      await send(county, recipients, segments)
      const counts = await county.sink.counts()
      sayLimit(`${rate} a second, texts of ${segments} segments`, rate, counts)
    })
  }
}

async function together(): Promise<void> {
  const beside = [limitsOf(500), limitsOf(2_000)]
  const recipients = 2_600 * SECONDS
  await withCounty({ recipients, carrier: limitsOf(100), beside }, async county => {
    await send(county, recipients)
    const all = await Promise.all(county.sinks.map(sink => sink.counts()))
    const from = Math.min(...all.map(counts => counts.first))
    const to = Math.max(...all.map(counts => counts.last))
    const took = (to - from) / 1000
    const most = all.map((counts, i) => `${counts.most} of ${[100, 500, 2_000][i]}`).join(', ')
    const isKept = took <= SECONDS * 1.01 + 1
    say('100, 500 and 2,000 together', `${took.toFixed(2)} s for ${SECONDS} s; ${most}`, isKept)
  })
}

/** It learns in the first seconds; how it settles is counted after these. */
const SETTLING_SECONDS = 5

async function throttled(): Promise<void> {
  for (const dispatchers of [1, 2]) {
    const takes = 100
    const recipients = takes * (SECONDS + SETTLING_SECONDS)
    const options = {
      recipients,
      dispatchers,
      carrier: limitsOf(2 * takes, dispatchers),
      sinkFlags: ['--rate', String(takes), '--throttle'],
    }
    await withCounty(options, async county => {
      const sent = send(county, recipients)
      while ((await county.sink.counts()).taken === 0) await pause(50)
      await pause(SETTLING_SECONDS * 1000)
      const settled = await county.sink.counts()
      await sent
      const end = await county.sink.counts()
      const used = (end.taken - settled.taken) / ((end.last - settled.last) / 1000) / takes
      const refused = end.throttled / (end.throttled + end.taken)
      const figures = `${percent(used)} of ${takes} used, ${percent(refused)} refused`
      const isKept = used >= 0.9 && used <= 1 && refused < 0.02
      say(`takes half, ${dispatchers} dispatcher(s)`, figures, isKept)
    })
  }
}

const parts = { limits, shared, long, together, throttled }
for (const [name, measure] of Object.entries(parts)) if (only.has(name)) await measure()
