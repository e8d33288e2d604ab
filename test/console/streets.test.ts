/** Streets on the map, from an archive that an administrator has put into the data directory. */
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { expect } from 'vitest'
import type { Box } from '../../src/geometry/geojson.ts'
import { consoleUrl, takeSeat, test, type SeatOptions } from '../support/console.ts'
import { keptSession } from '../support/console-session.ts'
import { floodAlert, type Tocsin } from '../support/service.ts'
import { pictureArchive, vectorArchive } from '../support/street-archive.ts'

const SOON = { timeout: 20_000 }

/** Around the valley. */
const BOUNDS: Box = [-97.5, 29.5, -95.5, 31.5]

const road = (properties: object, ...coordinates: [number, number][]): GeoJSON.Feature => ({
  type: 'Feature',
  properties: { ...properties },
  geometry: { type: 'LineString', coordinates },
})

/** The western half of the ground is a lake; a road crosses the middle from north to south, another from west to east. */
const lake: GeoJSON.Feature = {
  type: 'Feature',
  properties: {},
  geometry: {
    type: 'Polygon',
    coordinates: [
      [
        [-97.5, 29.5],
        [-96.6, 29.5],
        [-96.6, 31.5],
        [-97.5, 31.5],
        [-97.5, 29.5],
      ],
    ],
  },
}
const roads = (field: string, major: string, minor: string) => [
  road({ [field]: major, name: 'Old Mill Highway' }, [-96.5, 29.5], [-96.5, 31.5]),
  road({ [field]: minor, name: 'Creek Road' }, [-97.5, 30.5], [-95.5, 30.5]),
]

async function atTheMap(
  browser: Browser,
  tocsin: Tocsin,
  options: SeatOptions,
  archive: Uint8Array | undefined,
) {
  const file = join(tocsin.dataDirectory, 'texas.pmtiles')
  await rm(file, { force: true })
  if (archive !== undefined) await writeFile(file, archive)
  const { id } = await tocsin.author.client.post<{ id: string }>('/v1/alerts', floodAlert())
  const seat = await takeSeat(browser, options)
  const parts: number[] = []
  seat.page.on('response', answer => {
    if (answer.url().includes('.pmtiles')) parts.push(answer.status())
  })
  await seat.context.addInitScript(await keptSession(tocsin.url, tocsin.author))
  await seat.page.goto(`${consoleUrl(tocsin)}live/alerts/${id}`)
  await seat.page.locator('.map[aria-busy=false]').waitFor(SOON)
  return { ...seat, parts }
}

interface Seen {
  /** How many pixels have exactly the colour of a token. */
  pixels(token: string): number
  /** How many colours a line meets from left to right, and one from top to bottom, clear of the controls. */
  readonly across: number
  readonly down: number
}

async function seenOn(page: Page): Promise<Seen> {
  const shot = await page.locator('.map').first().screenshot()
  const { counts, tokens, across, down } = await page.evaluate(async base64 => {
    const octets = Uint8Array.from(atob(base64), c => c.charCodeAt(0))
    const image = await createImageBitmap(new Blob([octets]))
    const context = new OffscreenCanvas(image.width, image.height).getContext('2d')!
    const style = getComputedStyle(document.documentElement)
    const colourAt = (x: number, y: number) => context.getImageData(x, y, 1, 1).data.join(' ')
    const inTokens = ['--land', '--sea', '--surface'].map(token => {
      context.fillStyle = style.getPropertyValue(token).trim()
      context.fillRect(0, 0, 1, 1)
      return [token, colourAt(0, 0)] as const
    })
    context.drawImage(image, 0, 0)
    const { data } = context.getImageData(0, 0, image.width, image.height)
    const found: Record<string, number> = {}
    for (let at = 0; at < data.length; at += 4) {
      const colour = data.slice(at, at + 4).join(' ')
      found[colour] = (found[colour] ?? 0) + 1
    }
    const coloursOf = (x: number, y: number, width: number, height: number) => {
      const { data: line } = context.getImageData(x, y, width, height)
      const colours = Array.from({ length: width * height }, (_, i) =>
        line.slice(4 * i, 4 * i + 4).join(' '),
      )
      return new Set(colours).size
    }
    // Of the part's own border.
    const EDGE = 4
    const [x, y] = [Math.round(0.3 * image.width), Math.round(0.3 * image.height)]
    return {
      counts: found,
      tokens: Object.fromEntries(inTokens),
      across: coloursOf(EDGE, y, image.width - 2 * EDGE, 1),
      down: coloursOf(x, EDGE, 1, image.height - 2 * EDGE),
    }
  }, shot.toString('base64'))
  return {
    pixels: token => counts[tokens[token]!] ?? 0,
    across,
    down,
  }
}

const pixelsOf = async (page: Page, token: string) => (await seenOn(page)).pixels(token)

async function zoomIn(page: Page, times: number) {
  for (let i = 0; i < times; i++) {
    await page.getByRole('button', { name: 'Zoom in' }).first().click()
    await page.waitForTimeout(400)
  }
}

test('without an archive there is land, and no question for tiles', async ({ tocsin, browser }) => {
  const { page, parts, complaints, context } = await atTheMap(browser, tocsin, {}, undefined)
  expect(await pixelsOf(page, '--land')).toBeGreaterThan(1_000)
  expect(await pixelsOf(page, '--sea')).toBeLessThan(100)
  await zoomIn(page, 6)
  expect(await seenOn(page)).toMatchObject({ across: 1, down: 1 })
  expect(parts).toEqual([])
  expect(complaints).toEqual([])
  await context.close()
})

for (const [schema, layers] of [
  ['Protomaps', { water: [lake], roads: roads('kind', 'highway', 'minor_road') }],
  [
    'OpenMapTiles',
    {
      water: [lake],
      transportation: roads('class', 'motorway', 'minor'),
      transportation_name: roads('class', 'motorway', 'minor'),
    },
  ],
] as const) {
  test(`vector tiles of ${schema} are painted in our colours`, async ({ tocsin, browser }) => {
    const archive = vectorArchive(BOUNDS, layers)
    const { page, parts, complaints, context } = await atTheMap(browser, tocsin, {}, archive)
    await expect.poll(() => pixelsOf(page, '--sea'), SOON).toBeGreaterThan(1_000)
    expect(await pixelsOf(page, '--land')).toBeGreaterThan(1_000)
    await page.getByText('© The makers').first().waitFor()
    await zoomIn(page, 6)
    // Within the area, which is of one colour but for them.
    const roadsSeen = async () => {
      const { across, down } = await seenOn(page)
      return [across > 1, down > 1]
    }
    await expect.poll(roadsSeen, SOON).toEqual([true, true])
    expect(new Set(parts)).toEqual(new Set([206]))
    expect(complaints).toEqual([])
    await context.close()
  })
}

test('another theme paints the streets anew', async ({ tocsin, browser }) => {
  const archive = vectorArchive(BOUNDS, { water: [lake], roads: roads('kind', 'highway', 'path') })
  const { page, context } = await atTheMap(browser, tocsin, {}, archive)
  await expect.poll(() => pixelsOf(page, '--sea'), SOON).toBeGreaterThan(1_000)
  await page.evaluate(() => (document.documentElement.dataset['theme'] = 'dark'))
  await expect.poll(() => pixelsOf(page, '--sea'), SOON).toBeGreaterThan(1_000)
  await context.close()
})

test('pictures are drawn, too', async ({ tocsin, browser }) => {
  const seat = await takeSeat(browser)
  await seat.page.setContent('<body style="background: #fff">')
  const png = await seat.page.screenshot({ clip: { x: 0, y: 0, width: 256, height: 256 } })
  await seat.context.close()
  const archive = pictureArchive(BOUNDS, png)
  const { page, parts, complaints, context } = await atTheMap(browser, tocsin, {}, archive)
  await expect.poll(() => pixelsOf(page, '--surface'), SOON).toBeGreaterThan(10_000)
  expect(new Set(parts)).toEqual(new Set([206]))
  expect(complaints).toEqual([])
  await context.close()
})

test('an archive that can’t be drawn is said, and the map stays', async ({ tocsin, browser }) => {
  for (const archive of [Buffer.from('PMTiles'), vectorArchive(BOUNDS, { parcels: [lake] })]) {
    const { page, context } = await atTheMap(browser, tocsin, {}, archive)
    await page.getByText('archive of streets can’t be drawn').first().waitFor(SOON)
    expect(await pixelsOf(page, '--land')).toBeGreaterThan(1_000)
    await context.close()
  }
})
