/**
 * The console in a real browser at a million contacts, over the whole service.
 *
 * `reach`: an area is taken away and put back, and it is measured by the page's clock how long it takes until the bar
 * shows the new number: 250 ms are the limit. On a machine without a graphics card the map is drawn by its processors,
 * which are the server's, too: so it is measured again in a browser without WebGL, where the outlines stand still.
 * Beside both the same call without a browser.
 *
 * `watch`: that many alerts to everyone are being sent; one is watched, and the list of all of them is open in another
 * tab. Frames a second, the heap after a collection minute by minute, and the processor time of both pages. At the end
 * by how much the heaps have grown for each 10,000 frames: from the first minute on, for until then what is kept for
 * good (the curve, the tiles, what was compiled) is still coming. Of fewer than some thousand frames it is noise: an hour
 * has them. The frames are those of the alert that is watched, for the list, too.
 *
 *     npm run bench:console -- [--contacts 1000000] [--changes 30] [--alerts 10] [--minutes 3]
 */
import { parseArgs } from 'node:util'
import type { Browser, CDPSession, Page } from 'playwright-core'
import { openBrowser } from '../../test/support/browser.ts'
import { keptSession } from '../../test/support/console-session.ts'
import { countTaken, draft, prepareAlert, withCounty, type County } from './county.ts'

const { values } = parseArgs({
  options: {
    contacts: { type: 'string', default: '1000000' },
    changes: { type: 'string', default: '30' },
    alerts: { type: 'string', default: '10' },
    minutes: { type: 'string', default: '3' },
  },
})
const CONTACTS = Number(values.contacts)
const CHANGES = Number(values.changes)
const ALERTS = Number(values.alerts)
const MINUTES = Number(values.minutes)
const LIMIT_MS = 250
const WATCHERS = 20
/** Of each alert: none of them ends while one looks. */
const SEGMENTS_PER_SECOND = Math.ceil((CONTACTS * ALERTS) / ((MINUTES + 4) * 60))

/** A frame is a moment in which any of the totals changed. */
const COUNT_CHANGES = `
  globalThis.changes = []
  new MutationObserver(() => globalThis.changes.push(performance.now()))
    .observe(document.querySelector('.totals'), { subtree: true, characterData: true, childList: true })`

const BOTH = [areaOf('The strip', -94.8, 0.1, 0.3, 4), areaOf('The round', -94.4, 0.3, 0.3, 2_000)]
const written = draft('short', ['Flood.'])
const over = (area: readonly object[]) => ({ info: written.info.map(info => ({ ...info, area })) })

const aDraft = ({ author }: County) =>
  author.client.post<{ id: string }>('/v1/alerts', { ...written, ...over(BOTH) })

const within = (times: readonly number[]) =>
  `${times.filter(ms => ms <= LIMIT_MS).length} within ${LIMIT_MS} ms`

await withCounty(
  {
    recipients: CONTACTS,
    carrier: { segmentsPerSecond: SEGMENTS_PER_SECOND, window: 500, binds: 1 },
  },
  async county => {
    const still = await openBrowser({ webgl: false })
    const stillTimes = await reachIn(county, await openerIn(still, county))
    await still.close()
    const browser = await openBrowser()
    const open = await openerIn(browser, county)
    const times = await reachIn(county, open)
    const alone = await reachAlone(county)
    process.stdout.write(
      `reach after a change, ${CONTACTS.toLocaleString('en')} contacts, ${CHANGES} changes of 30,000 and about 100,000 people\n` +
        `  in the browser      ${summary(times)}; ${within(times)}\n` +
        `  and without WebGL   ${summary(stillTimes)}; ${within(stillTimes)}\n` +
        `  the call alone      ${summary(alone)}\n`,
    )
    if (ALERTS > 0) await benchWatch(county, open)
    await browser.close()
  },
)

async function openerIn(browser: Browser, { tocsin, author }: County): Promise<Open> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } })
  await context.addInitScript(await keptSession(tocsin.url, author))
  return async way => {
    const page = await context.newPage()
    await page.goto(`${tocsin.url}/console/live/${way}`)
    return page
  }
}

type Open = (way: string) => Promise<Page>

async function reachIn(county: County, open: Open): Promise<number[]> {
  const { id } = await aDraft(county)
  const page = await open(`alerts/${id}/edit`)
  await page.locator('.reach-figure dd').nth(1).filter({ hasText: /\d/ }).waitFor()
  await page.getByRole('button', { name: 'Remove The round' }).click()
  await page.waitForTimeout(2_000)
  const times: number[] = []
  for (let change = 0; change < CHANGES; change++) {
    times.push(await page.evaluate<number>(untilFresh(change % 2 === 0 ? 'Undo' : 'Redo')))
    await page.waitForTimeout(300)
  }
  await page.close()
  return times
}

async function reachAlone(county: County): Promise<number[]> {
  const { client } = county.author
  const { id } = await aDraft(county)
  const times: number[] = []
  for (let change = 0; change < CHANGES; change++) {
    const { revision } = await client.get<{ revision: number }>(`/v1/alerts/${id}`)
    const from = performance.now()
    const areas = change % 2 === 0 ? BOTH.slice(0, 1) : BOTH
    await client.patch(`/v1/alerts/${id}?estimate=true`, over(areas), `"${revision}"`)
    times.push(performance.now() - from)
  }
  return times
}

/** In the page: presses a button, and says how long it took until the bar shows another number that is fresh. */
function untilFresh(name: string): string {
  return `new Promise(resolve => {
    const shown = () => {
      const bar = document.querySelector('dl.reach')
      return bar.dataset.stale === undefined ? bar.children[1].firstChild.textContent : undefined
    }
    const before = shown()
    const from = performance.now()
    const button = [...document.querySelectorAll('button')].find(one => one.textContent.trim() === ${JSON.stringify(name)})
    button.click()
    const look = () => {
      const now = shown()
      if (now !== undefined && now !== before && now !== '–') resolve(performance.now() - from)
      else requestAnimationFrame(look)
    }
    requestAnimationFrame(look)
  })`
}

async function benchWatch(county: County, open: Open): Promise<void> {
  const ids: string[] = []
  for (let no = 0; no < ALERTS; no++) {
    const alert = await prepareAlert(county)
    await alert.dispatch()
    ids.push(alert.id)
  }
  const last = ids.at(-1)!
  while ((await countTaken(county, last)).taken === 0) {
    await new Promise(resolve => setTimeout(resolve, 250))
  }
  const pages = [await open(`alerts/${last}`), await open('sending')]
  await pages[0]!.locator('.totals, .figure').first().waitFor()
  const sessions = await Promise.all(
    pages.map(async page => {
      const session = await page.context().newCDPSession(page)
      await session.send('Performance.enable')
      await session.send('HeapProfiler.enable')
      return session
    }),
  )
  await pages[0]!.evaluate(COUNT_CHANGES)
  process.stdout.write(
    `watching: ${ALERTS} alerts to ${CONTACTS.toLocaleString('en')} each, ${SEGMENTS_PER_SECOND.toLocaleString('en')} segments a second\n`,
  )
  const heaps: { readonly frames: number; readonly heap: readonly number[] }[] = []
  let seen = 0
  for (let minute = 0; minute <= MINUTES; minute++) {
    if (minute > 0) await pages[0]!.waitForTimeout(60_000)
    const [watched, listed] = await Promise.all(sessions.map(figuresOf))
    const frames = await pages[0]!.evaluate<number>('globalThis.changes.splice(0).length')
    seen += frames
    heaps.push({ frames: seen, heap: [watched!.heap, listed!.heap] })
    const from = performance.now()
    await county.author.client.get(`/v1/alerts/${last}/report`)
    const reportMs = Math.round(performance.now() - from)
    const asked = performance.now()
    await Promise.all(
      Array.from({ length: WATCHERS }, () =>
        county.author.client.get(`/v1/alerts/${last}/outcomes`),
      ),
    )
    const outcomesMs = Math.round(performance.now() - asked)
    process.stdout.write(
      `  minute ${minute}: ${(frames / 60).toFixed(1)} frames a second; heap ${inMiB(watched!.heap)} and ${inMiB(listed!.heap)} MiB, ` +
        `elements ${watched!.nodes} and ${listed!.nodes}, scripts ${watched!.seconds} and ${listed!.seconds} s so far; ` +
        `/report in ${reportMs} ms, /outcomes for ${WATCHERS} at once in ${outcomesMs} ms\n`,
    )
  }
  const [watched, listed] = [0, 1].map(page =>
    growthOf(heaps.slice(1).map(({ frames, heap }) => [frames, heap[page]!] as const)),
  )
  process.stdout.write(
    `  for each 10,000 frames the heaps grew by ${watched} and ${listed} KiB, over ${seen - (heaps[1]?.frames ?? 0)} frames\n`,
  )
}

/** KiB for each 10,000 frames by the line of least squares: one collection more or less does not tilt it. */
function growthOf(points: readonly (readonly [frames: number, bytes: number])[]): string {
  const mean = (all: readonly number[]) => all.reduce((a, b) => a + b, 0) / all.length
  const [middle, level] = [mean(points.map(([x]) => x)), mean(points.map(([, y]) => y))]
  const spread = points.reduce((sum, [x]) => sum + (x - middle) ** 2, 0)
  if (spread === 0) return '?'
  const slope = points.reduce((sum, [x, y]) => sum + (x - middle) * (y - level), 0) / spread
  return ((slope * 10_000) / 1024).toFixed(0)
}

function inMiB(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(1)
}

async function figuresOf(session: CDPSession) {
  // Twice: what the first leaves to finalisers, the second takes.
  await session.send('HeapProfiler.collectGarbage')
  await session.send('HeapProfiler.collectGarbage')
  const { usedSize } = await session.send('Runtime.getHeapUsage')
  const { metrics } = await session.send('Performance.getMetrics')
  const metric = (name: string) => metrics.find(one => one.name === name)?.value ?? 0
  return {
    heap: usedSize,
    nodes: metric('Nodes'),
    seconds: metric('ScriptDuration').toFixed(1),
  }
}

/** An ellipse of that many corners about the longitude x, `wide` by `high` degrees; of four, a rectangle. */
function areaOf(areaDesc: string, x: number, wide: number, high: number, corners: number) {
  const ring = Array.from({ length: corners }, (_, i) => {
    const turn = (2 * Math.PI * (i + 0.5)) / corners
    const stretch = corners === 4 ? Math.SQRT2 : 1
    return [x + (wide / 2) * stretch * Math.cos(turn), 29.5 + (high / 2) * stretch * Math.sin(turn)]
  })
  return { areaDesc, polygon: [{ type: 'Polygon', coordinates: [[...ring, ring[0]]] }] }
}

function summary(times: readonly number[]): string {
  const sorted = times.toSorted((a, b) => a - b)
  const at = (share: number) => Math.round(sorted[Math.floor(share * (sorted.length - 1))] ?? 0)
  return `half in ${at(0.5)} ms, 90 % in ${at(0.9)} ms, the slowest ${at(1)} ms`
}
