/** Writing an alert in a real browser, up to the signature. */
import { sql } from 'drizzle-orm'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect } from 'vitest'
import { openBrowser } from '../support/browser.ts'
import { floodAlert, settle, test, type Tocsin, VALLEY } from '../support/service.ts'

const LIMIT_MS = 60_000
/** Two cores draw the map in software beside it. */
const SOON = { timeout: 15_000 }
let withMap: Browser
let withoutMap: Browser

beforeAll(async () => {
  ;[withMap, withoutMap] = await Promise.all([openBrowser(), openBrowser({ webgl: false })])
})
afterAll(async () => {
  await Promise.all([withMap.close(), withoutMap.close()])
})

interface Stored {
  readonly id: string
  readonly state: string
  readonly revision: number
  readonly signatures: readonly { readonly role: string }[]
  readonly info: readonly {
    readonly language: string
    readonly sms: string
    readonly area?: readonly {
      readonly areaDesc: string
      readonly polygon?: readonly { readonly coordinates: number[][][] }[]
    }[]
  }[]
}

const alertIdOf = (page: Page) => /alerts\/([\da-f-]+)/.exec(page.url())?.[1] ?? ''

/** Signed in live, at the new alert. */
async function atNewAlert(browser: Browser, { url, author }: Tocsin): Promise<Page> {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } })
  page.setDefaultTimeout(15_000)
  await page.goto(`${url}/console/`)
  await page.getByLabel('E-mail address').fill(author.email)
  await page.getByLabel('Password').fill(author.password)
  await page.keyboard.press('Enter')
  await page.getByRole('button', { name: 'Enter LIVE' }).press('Enter')
  await page.getByRole('heading', { name: 'Situation' }).waitFor()
  await page.keyboard.press('n')
  await page.getByRole('heading', { name: 'New alert' }).waitFor()
  return page
}

const phonesIn = (page: Page) => page.locator('.reach-figure dd').nth(1)

test(
  'by keys alone: a template, its blank, an area drawn with the crosshair, read and signed',
  { timeout: LIMIT_MS },
  async ({ tocsin, db }) => {
    await settle(db, 300)
    tocsin.startDispatcher()
    await tocsin.startCarriers([{ name: 'A', segmentsPerSecond: 100, window: 10, binds: 1 }])
    const { author, approver, administrator } = tocsin
    await administrator.patch('/v1/organisation', {
      name: 'Valley County',
      languages: ['en-US', 'es-US'],
    })
    await administrator.post('/v1/templates/starter')
    const { items } = await approver.client.get<{
      items: { id: string; name: string; version: number }[]
    }>('/v1/templates?limit=1000')
    const flood = items.find(({ name }) => name === 'Flash flood')
    for (const language of ['en', 'es']) {
      const review = { language, version: flood?.version }
      await approver.client.post(`/v1/templates/${flood?.id}/review`, review)
    }
    await author.client.post('/v1/groups', {
      name: 'The valley',
      area: { areaDesc: 'The valley', polygon: [VALLEY] },
    })

    const page = await atNewAlert(withMap, tocsin)
    // Without a key one learns it here, and not when all is written.
    await page.getByRole('button', { name: 'Make a signing key' }).press('Enter')
    await page.getByLabel('Template', { exact: true }).selectOption({ label: 'Flash flood' })
    const place = page.getByLabel(/Where the danger is/)
    await place.focus()
    await page.keyboard.type('Buffalo Bayou')
    await expect
      .poll(() => page.getByLabel('Text people get').inputValue(), SOON)
      .toContain('until')

    // What is missing is said, and leads to its field.
    await page.keyboard.press('Control+Enter')
    const missing = page.getByRole('link', { name: /Say where/ })
    await missing.press('Enter')
    await page.locator('.where[data-drawable]').waitFor()
    await page.getByRole('button', { name: 'Draw area' }).press('Enter')
    const press = async (...keys: readonly string[]) => {
      for (const key of keys) await page.keyboard.press(key)
    }
    const steps = (key: string, times: number) => Array.from({ length: times }, () => key)
    await press(...steps('ArrowLeft', 7), ...steps('ArrowUp', 5), 'Space')
    await press(...steps('ArrowDown', 10), 'Space', 'ArrowLeft', 'Space', 'Backspace')
    await press(...steps('ArrowRight', 14), 'Space')
    await press(...steps('ArrowUp', 10), 'Space', 'Enter')
    await expect.poll(() => phonesIn(page).innerText(), SOON).toMatch(/^[1-9]\d*$/)
    expect(await page.getByLabel(/Name of the area/).inputValue()).toBe('Drawn area 1')
    expect(await page.locator('.areas').innerText()).toContain('4 corners')

    await press('Control+Enter')
    await page.getByRole('heading', { name: /LIVE alert to \d+ phones/ }).waitFor()
    const sign = page.getByRole('button', { name: /Sign and ask for approval/ })
    await sign.press('Enter')
    await page.getByText('Tick each text as read, then you can sign.').first().waitFor()
    for (const tick of await page.getByLabel(/I have read/).all()) await tick.press('Space')
    await sign.press('Enter')
    const alertId = alertIdOf(page)
    await expect
      .poll(async () => (await author.client.get<Stored>(`/v1/alerts/${alertId}`)).state, SOON)
      .toBe('submitted')
    const stored = await author.client.get<Stored>(`/v1/alerts/${alertId}`)
    expect(stored.signatures.map(({ role }) => role)).toEqual(['author'])
    expect(stored.info.map(({ sms }) => sms.includes('Buffalo Bayou'))).toEqual([true, true])
    expect(stored.info[0]?.area?.[0]?.polygon?.[0]?.coordinates[0]).toHaveLength(5)
    await page.close()
  },
)

test(
  'without WebGL: free text, its segments and what is worth a look, typed corners, one of them wrong',
  { timeout: LIMIT_MS },
  async ({ tocsin }) => {
    const page = await atNewAlert(withoutMap, tocsin)
    await page.getByLabel('Event', { exact: true }).fill('Flash flood')
    const text = page.getByLabel('Text people get')
    const measure = page.locator('.measure')
    await text.fill('FLOOD near the creek. Move to high ground now.')
    expect(await measure.innerText()).toContain('46 / 160')
    // 2 × 67 UTF-16 units fit into two joined segments of UCS-2 (3GPP TS 23.040 §9.2.3.24.1).
    await text.fill('INUNDACIÓN '.repeat(8))
    expect(await measure.innerText()).toContain('88 / 134')
    expect(await measure.innerText()).toContain('Unicode because of Ó')
    await page.getByRole('button', { name: 'Send without accents: 1 SMS' }).click()
    expect(await text.inputValue()).toBe('INUNDACION '.repeat(8))
    await page.getByText('says neither when nor until when').waitFor()

    await page.getByText('This browser draws no maps').waitFor()
    await page.getByRole('button', { name: 'Type corners' }).click()
    const corners = page.getByLabel(/Corners, one a line/)
    await corners.fill('30, -97\nnear the school')
    await page.getByRole('button', { name: 'Make the area' }).click()
    await page.getByText('A line is no position').waitFor()
    // The second and the third corner are the wrong way round.
    await corners.fill('30, -97\n31, -96\n31, -97\n30, -96')
    await page.getByRole('button', { name: 'Make the area' }).click()
    await page.getByText('The line after corner 1 crosses the line after corner 3').waitFor()
    expect(await phonesIn(page).innerText()).toBe('–')

    await page.getByRole('button', { name: 'Edit corners' }).click()
    await page.getByLabel('Longitude 2').fill('-97')
    await page.getByLabel('Longitude 2').press('Tab')
    await page.getByLabel('Longitude 3').fill('-96')
    await page.getByLabel('Longitude 3').press('Tab')
    await expect.poll(() => phonesIn(page).innerText(), SOON).toBe('300')
    // A corner has a way that is no drag; the reach follows, and undo takes it back.
    await page.getByLabel('Step').selectOption({ label: '5 km' })
    for (let i = 0; i < 8; i++) {
      await page.getByRole('button', { name: 'Corner 2: South' }).click()
    }
    await expect.poll(() => phonesIn(page).innerText(), SOON).not.toBe('300')
    for (let i = 0; i < 8; i++) await page.getByRole('button', { name: 'Undo' }).click()
    await expect.poll(() => phonesIn(page).innerText(), SOON).toBe('300')
    const [area] = (await tocsin.author.client.get<Stored>(`/v1/alerts/${alertIdOf(page)}`)).info
    expect(area?.area?.[0]?.areaDesc).toBe('Typed area 1')
    await page.close()
  },
)

test(
  'a draft that somebody else has changed is never overwritten unasked',
  { timeout: LIMIT_MS },
  async ({ tocsin }) => {
    const { client } = tocsin.author
    const page = await atNewAlert(withoutMap, tocsin)
    const { id } = await client.post<Stored>('/v1/alerts', floodAlert())
    await page.goto(`${tocsin.url}/console/live/alerts/${id}/edit`)
    const text = page.getByLabel('Text people get')
    await expect.poll(() => text.inputValue(), SOON).toContain('FLASH FLOOD')
    const theirs = floodAlert().info.map(info => ({ ...info, sms: `Theirs: ${info.sms}` }))
    await client.patch(`/v1/alerts/${id}`, { info: theirs })

    await text.fill('Mine: leave the valley now. Valley County.')
    const conflict = page.getByRole('alert').filter({ hasText: 'Somebody else has changed' })
    await conflict.waitFor()
    expect(await conflict.innerText()).toContain('Theirs: FLASH FLOOD')
    expect(await conflict.innerText()).toContain('Mine: leave the valley')
    const stored = async () => (await client.get<Stored>(`/v1/alerts/${id}`)).info[0]?.sms
    expect(await stored()).toContain('Theirs')
    await conflict.getByRole('button', { name: 'Overwrite with what is here' }).click()
    await expect.poll(stored, SOON).toBe('Mine: leave the valley now. Valley County.')

    await client.patch(`/v1/alerts/${id}`, { info: theirs })
    await text.fill('Mine again.')
    await conflict.getByRole('button', { name: 'Take what is on the server' }).click()
    await expect.poll(() => text.inputValue(), SOON).toContain('Theirs')
    expect(await stored()).toContain('Theirs')
    await page.close()
  },
)

test(
  'areas are joined, taken from one another and widened; who is left out of the incident is found, and added',
  { timeout: LIMIT_MS },
  async ({ tocsin, db }) => {
    const { client } = tocsin.author
    const everybody = await db.$count(sql`contacts`)
    if (everybody === 0) await settle(db, 300)
    const rectangle = (areaDesc: string, west: number, east: number) => ({
      areaDesc,
      polygon: [
        {
          type: 'Polygon' as const,
          coordinates: [
            [
              [west, 30],
              [east, 30],
              [east, 31],
              [west, 31],
              [west, 30],
            ],
          ],
        },
      ],
    })
    await client.post('/v1/groups', { name: 'The basin', area: rectangle('The basin', -97, -96) })
    const draft = floodAlert()
    const areas = [rectangle('West', -97, -96.4), rectangle('East', -96.6, -96)]
    const { id } = await client.post<Stored>('/v1/alerts', {
      ...draft,
      info: draft.info.map((info, no) => ({ ...info, area: no === 0 ? areas : undefined })),
    })
    const page = await atNewAlert(withoutMap, tocsin)
    await page.goto(`${tocsin.url}/console/live/alerts/${id}/edit`)
    await page.getByRole('button', { name: 'Combine and check' }).click()
    await page.getByText('No alert in force reaches the same ground').waitFor()
    const listed = page.locator('.areas > li')
    const names = () =>
      listed
        .locator('.area-row input')
        .evaluateAll(all => all.map(one => (one as HTMLInputElement).value))
    const stored = async () =>
      (await client.get<Stored>(`/v1/alerts/${id}`)).info[0]?.area?.map(({ areaDesc }) => areaDesc)

    await page.getByRole('button', { name: 'Join areas into one' }).click()
    await page.getByText('Done: 300 people inside').waitFor()
    expect(await names()).toEqual(['West, East'])
    await expect.poll(stored, SOON).toEqual(['West, East'])
    await page.getByRole('button', { name: 'Undo' }).click()
    await expect.poll(names, SOON).toEqual(['West', 'East'])

    const operation = page.getByLabel('What to do')
    await operation.selectOption({ label: 'Take areas away from one' })
    await page.getByRole('button', { name: 'Take areas away from one' }).click()
    await expect.poll(names, SOON).toEqual(['West'])
    await page.getByText(/^Done: \d+ people inside/).waitFor()
    await operation.selectOption({ label: 'Widen or narrow one' })
    const widen = page.getByRole('button', { name: 'Widen or narrow one' })
    await page.getByLabel(/By metres/).fill('-50000')
    await widen.click()
    await page.getByText('Nothing would be left').waitFor()
    expect(await names()).toEqual(['West'])

    await page.getByLabel('The incident reaches').selectOption({ label: 'The basin' })
    await page.getByText(/^Left out within it: \d+ people in 1 piece/).waitFor()
    await page.getByRole('button', { name: 'Add them to this alert' }).click()
    await page.getByText('Nobody in it is left out').waitFor()
    expect(await names()).toEqual(['West', 'Left out 1'])
    await expect.poll(() => phonesIn(page).innerText(), SOON).toBe('300')
    await page.close()
  },
)

test(
  'by mouse: an area and a circle are drawn; of a ring that crosses itself it is said',
  { timeout: LIMIT_MS },
  async ({ tocsin }) => {
    const page = await atNewAlert(withMap, tocsin)
    await page.locator('.where[data-drawable]').waitFor()
    const draw = async (tool: string, corners: readonly (readonly [number, number])[]) => {
      await page.getByRole('button', { name: tool, exact: true }).click()
      await page.locator('.where [role=status]').first().waitFor()
      const { x, y } = (await page.locator('.where .map').boundingBox())!
      for (const [right, down] of corners) {
        await page.mouse.move(x + right, y + down)
        await page.mouse.click(x + right, y + down)
      }
    }
    const areas = page.locator('.areas > li')
    const [a, b, c, d] = [
      [200, 60],
      [400, 60],
      [400, 200],
      [200, 200],
    ] as const
    await draw('Draw area', [a, b, c, d, a])
    await expect.poll(() => areas.count(), SOON).toBe(1)
    expect(await areas.nth(0).innerText()).toContain('4 corners')
    await draw('Circle', [c, b])
    await expect.poll(() => areas.count(), SOON).toBe(2)
    expect(await page.locator('.areas .fault').count()).toBe(0)
    await draw('Draw area', [a, c, b, d, a])
    await expect.poll(() => areas.count(), SOON).toBe(3)
    await areas
      .nth(2)
      .getByText(/The line after corner \d crosses the line after corner \d/)
      .waitFor()
    await page.close()
  },
)
