/** The tools of whoever writes, as they stand open: the blanks of a template, the ways to an area, what is brought in. */
import { randomUUID } from 'node:crypto'
import type { Page } from 'playwright-core'
import type { Client } from '../../src/cli/client.ts'
import type { Cast, House, Mode, Scene } from './scene.ts'
import { altered, FAULT, nothing, once, type Props } from './stage-props.ts'

/** The others have the same parts, and each takes 8 s for its map. */
const GONE_THROUGH = [
  'compose-blanks',
  'compose-combine',
  'compose-corners',
  'import-refused',
  'import-accepted',
]

export function writingTools(house: House, cast: Cast, { draft, write }: Props): Scene[] {
  const template = once(() => aTemplate(house.administrator, cast.approver.client))
  const composing = (
    name: string,
    act: NonNullable<Scene['act']>,
    more: Partial<Scene> = {},
  ): Scene => ({ name, path: `alerts/${draft}/edit`, who: 'author', act, ...more })
  const open = async (page: Page, no: number) => {
    await page.locator('.ways button').nth(no).click()
    await page.locator('.picker, .where > .hint').first().waitFor()
  }
  const withTemplate = (name: string, act: (page: Page) => Promise<unknown>): Scene => ({
    name,
    path: async () => (await template(), { path: 'new', end: nothing }),
    who: 'author',
    async act(page) {
      await page.locator('#c-template').selectOption(await template())
      await page.locator('.blanks').waitFor()
      await act(page)
    },
  })
  const fresh = async () => ({ path: `alerts/${await write()}/edit`, end: nothing })
  const scenes: Scene[] = [
    withTemplate('compose-blanks', nothing),
    withTemplate('compose-blanks-faults', async page => {
      await page.locator('.reach-bar button.primary').click()
      await page.locator(FAULT).waitFor()
    }),
    withTemplate('compose-blanks-filled', async page => {
      for (const field of await page.locator('.blanks input:not([type])').all()) {
        await field.fill('Mill Road')
      }
      for (const field of await page.locator('.blanks select').all()) {
        await field.selectOption({ index: 1 })
      }
      await page.locator('.message-text').first().waitFor()
      await page.waitForTimeout(500)
    }),
    composing('compose-draw', page => open(page, 0)),
    composing('compose-counties', async page => {
      await open(page, 2)
      await page.locator('.picker input').fill('harris')
      await page.locator('.picker .buttons button').first().waitFor()
    }),
    composing('compose-places', async page => {
      await open(page, 3)
      await page.locator('.picker input').fill('hous')
      await page.locator('.picker .buttons button').first().waitFor()
    }),
    composing('compose-saved', page => open(page, 4)),
    composing('compose-typed', async page => {
      await open(page, 5)
      await page.locator('.picker textarea').fill('29.76 -95.37\nthe mill')
      await page.locator('.picker button').click()
      await page.locator('.picker .fault').waitFor()
    }),
    composing('compose-file', page => open(page, 6)),
    composing('compose-combine', async page => {
      await open(page, 7)
      await page.locator('.picker [role=status] p').first().waitFor()
    }),
    composing('compose-corners', async page => {
      await page.locator('.areas .link-button[aria-expanded]').first().click()
      await page.locator('.areas table').waitFor()
    }),
    composing(
      'compose-crossing',
      async page => {
        await open(page, 5)
        const crossing = '29.70 -95.40\n29.80 -95.30\n29.70 -95.30\n29.80 -95.40'
        await page.locator('.picker textarea').fill(crossing)
        await page.locator('.picker button').click()
        await page.locator('.areas .fault').waitFor()
        await page.locator('.reach-bar button.primary').click()
        await page.locator(FAULT).waitFor()
      },
      { path: fresh },
    ),
    composing(
      'compose-no-area',
      async page => {
        await page.locator('.areas .link-button').last().click()
        await page.locator('.areas').waitFor({ state: 'detached' })
        await page.waitForTimeout(500)
      },
      { path: fresh },
    ),
    {
      name: 'review-missed',
      path: `alerts/${draft}/review`,
      who: 'author',
      before: page =>
        altered(page, /\/estimate$/, {
          missedPlaces: [
            { name: 'Bellaire', longitude: -95.46, latitude: 29.7, population: 18_000 },
          ],
        }),
    },
    {
      name: 'import-refused',
      path: 'import',
      who: 'author',
      act: page => bring(page, aCapMessage(cast.place.mode, { severity: 'Terrible' }), FAULT),
    },
    {
      name: 'import-accepted',
      path: 'import',
      who: 'author',
      act: page =>
        bring(
          page,
          aCapMessage(cast.place.mode, {
            severity: 'Severe',
            polygon: '29.6,-95.7 29.6,-95.1 29.9,-95.1 29.6,-95.7',
          }),
          '.notice[data-kind=ok]',
        ),
    },
  ]
  return scenes.map(scene =>
    GONE_THROUGH.includes(scene.name) ? scene : { ...scene, isPicture: true },
  )
}

async function bring(page: Page, message: string, outcome: string): Promise<void> {
  await page.locator('textarea').fill(message)
  await page.locator('form button[type=submit]').click()
  await page.locator(outcome).waitFor()
}

/** As another system could send it. */
function aCapMessage(
  mode: Mode,
  {
    severity,
    polygon = '29.6,-95.7 29.6,-95.1',
  }: { readonly severity: string; readonly polygon?: string },
): string {
  return `<?xml version="1.0" encoding="UTF-8"?>
<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2">
  <identifier>river-${randomUUID()}</identifier>
  <sender>gauges@river.example</sender>
  <sent>${new Date().toISOString().slice(0, 19)}-00:00</sent>
  <status>${mode === 'live' ? 'Actual' : 'Exercise'}</status>
  <msgType>Alert</msgType>
  <scope>Public</scope>
${mode === 'live' ? '' : '  <note>Spring drill</note>\n'}  <info>
    <language>en-US</language>
    <category>Met</category>
    <event>Flood</event>
    <urgency>Immediate</urgency>
    <severity>${severity}</severity>
    <certainty>Observed</certainty>
    <headline> Flood in the valley</headline>
    <area><areaDesc>The valley</areaDesc><polygon>${polygon}</polygon></area>
  </info>
</alert>
`
}

/** One that may be used, with a choice among its blanks. */
async function aTemplate(administrator: Client, approver: Client): Promise<string> {
  const find = async () => {
    const { items } = await administrator.get<{
      items: { id: string; event: string; version: number; isUsable: boolean }[]
    }>('/v1/templates?limit=1000')
    return items.find(({ event }) => event === 'Evacuation Immediate')
  }
  if ((await find()) === undefined) await administrator.post('/v1/templates/starter')
  const found = (await find())!
  if (!found.isUsable) {
    const { texts } = await administrator.get<{ texts: { language: string }[] }>(
      `/v1/templates/${found.id}`,
    )
    for (const { language } of texts) {
      await approver.post(`/v1/templates/${found.id}/review`, { language, version: found.version })
    }
  }
  return found.id
}

/** A file of contacts on its way, and when it has come in with some of its rows turned down. */
export function contactImports({ administrator }: House): Scene[] {
  const ended = once(async () => {
    const csv = [
      'phone,name,language,longitude,latitude',
      '+12025550900,Ana,es,-95.4,29.7',
      'no number,Ben,en,-95.4,29.7',
      '+12025550902,Cy,en,-95.4,229.7',
      '+12025550903,Dee,en,-95.4,',
      '+12025550900,Ana again,es,-95.4,29.7',
    ].join('\n')
    const { id } = await administrator.upload<{ id: string }>(
      '/v1/contacts/import',
      new Blob([csv]).stream(),
    )
    return id
  })
  const path = async () => ({ path: `settings/import/${await ended()}`, end: nothing })
  const who = 'administrator'
  return [
    {
      name: 'settings-import-running',
      path,
      who,
      before: async page => {
        const change = { state: 'running', read: 418_500, created: 371_240, updated: 47_231 }
        await altered(page, /\/v1\/imports\/[^/]+$/, { ...change, removed: 0, rejected: 29 })
      },
    },
    {
      name: 'settings-import-rejects',
      path,
      who,
      act: page => page.locator('.table tbody tr').first().waitFor(),
    },
    {
      name: 'settings-import-failed',
      path,
      who,
      isPicture: true,
      before: page =>
        altered(page, /\/v1\/imports\/[^/]+$/, {
          state: 'failed',
          failure: {
            code: 'malformed_csv',
            detail: 'the upload ended in the middle of line 418501',
          },
        }),
    },
  ]
}
