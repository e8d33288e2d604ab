/**
 * The states of the screens that the ordinary course does not show: empty, awaited, refused, out of reach, not this
 * person's; an alert that is paused, corrected, or sent by one person; and the pages of single things.
 */
import { randomUUID } from 'node:crypto'
import type { Page } from 'playwright-core'
import { until } from '../../scripts/rehearsal.ts'
import { signIn } from '../../src/cli/client.ts'
import { signAlert } from '../../src/signing/jws.ts'
import type { Cast, House, Passing, Scene } from './scene.ts'
import { outcomes } from './stage-outcomes.ts'
import { altered, answers, FAULT, nothing, once, type Props } from './stage-props.ts'
import { contactImports, writingTools } from './stage-writings.ts'

export async function stageStates(house: House, cast: Cast, props: Props): Promise<Scene[]> {
  return [
    ...thresholds(),
    ...connections(props),
    ...empties(props),
    ...ofOthers(cast),
    ...writings(cast, props),
    ...writingTools(house, cast, props),
    ...approvals(props),
    ...sendings(cast, props),
    ...(await outcomes(house, cast, props)),
    ...(await singleThings(house, cast, props)),
    ...(cast.place.mode === 'live' ? await brokenGlass(house, cast, props) : []),
    ...(cast.place.mode === 'exercise' ? await practice(house, cast) : []),
  ]
}

const NOBODY = '00000000-0000-4000-8000-000000000000'

const EMPTY = { items: [], nextCursor: null }

function thresholds(): Scene[] {
  return [
    {
      name: 'sign-in-refused',
      path: '',
      who: 'stranger',
      async act(page) {
        await page.locator('input[name=email]').fill('nobody@county.example')
        await page.locator('input[name=password]').fill('not the password')
        await page.locator('form button[type=submit]').click()
        await page.locator(FAULT).waitFor()
      },
    },
    {
      name: 'enrol-passkey',
      path: '',
      who: 'newcomer',
      before: page =>
        page.addInitScript(`{
          const kept = 'tocsin.session.threshold'
          const session = JSON.parse(localStorage.getItem(kept))
          localStorage.setItem(kept, JSON.stringify({ ...session, mustEnrolPasskey: true }))
        }`),
    },
    {
      name: 'preferences',
      path: 'situation',
      who: 'author',
      async act(page) {
        await page.keyboard.press('?')
        await page.locator('dialog[open]').waitFor()
      },
    },
  ]
}

function connections({ submitted }: Props): Scene[] {
  const ofAlert = new RegExp(`/v1/alerts/${submitted}$`)
  return [
    {
      name: 'awaited',
      path: `alerts/${submitted}`,
      who: 'author',
      // Never answered.
      before: page => page.route(ofAlert, () => undefined),
      awaits: '[aria-busy=true] [role=status]:not(:empty)',
    },
    {
      name: 'failed',
      path: `alerts/${submitted}`,
      who: 'author',
      before: page => answers(page, ofAlert, { status: 500, code: 'internal' }, 500),
      awaits: FAULT,
    },
    {
      name: 'unreachable',
      path: `alerts/${submitted}`,
      who: 'author',
      before: page => page.route(ofAlert, route => route.abort()),
      awaits: FAULT,
    },
    { name: 'no-such-alert', path: `alerts/${NOBODY}`, who: 'author', awaits: FAULT },
    {
      name: 'connection-lost',
      path: 'situation',
      who: 'author',
      async act(page) {
        await page.route(/\/v1\//, route => route.abort())
        // It says so after ten seconds.
        await page.locator('.banner[role=alert]').waitFor()
      },
    },
    {
      name: 'new-version',
      path: 'situation',
      who: 'author',
      async before(page) {
        await page.addInitScript(`{
          const every = setInterval
          setInterval = (act, ms, ...of) => every(act, ms === 60_000 ? 300 : ms, ...of)
        }`)
        let build = 0
        await page.route(/\/healthz$/, route => route.fulfill({ json: { build: String(build++) } }))
      },
      act: page => page.locator('.banner[data-kind=info]').waitFor(),
    },
  ]
}

function empties({ stopped }: Props): Scene[] {
  const before = (page: Page) => answers(page, /\/v1\/(alerts|statistics|reports)\?/, EMPTY)
  return [
    {
      name: 'situation-empty',
      path: 'situation',
      who: 'author',
      async before(page) {
        await before(page)
        await answers(page, /\/v1\/readiness$/, {
          carriers: { all: 0, up: 0, segmentsPerSecond: 0 },
          mail: { all: 0, up: 0 },
          approvers: { all: 0, online: 0 },
          contacts: { total: 0, stale: 0, staleAfterDays: 365, newestChangeAt: null },
        })
      },
    },
    { name: 'approvals-empty', path: 'approvals', who: 'approver', before },
    { name: 'sending-empty', path: 'sending', who: 'approver', before },
    { name: 'reports-empty', path: 'reports', who: 'author', before },
    { name: 'replies-empty', path: `alerts/${stopped}/replies`, who: 'author' },
    {
      name: 'deliveries-empty',
      path: `alerts/${stopped}/deliveries`,
      who: 'author',
      // Of its letters, for there are none.
      act: page => page.locator('.segments label').nth(1).click(),
    },
  ]
}

/** What somebody sees who may not do what is done there. */
function ofOthers({ place }: Cast): Scene[] {
  return [
    { name: 'situation-viewer', path: 'situation', who: 'viewer' },
    { name: 'new-viewer', path: 'new', who: 'viewer' },
    { name: 'settings-viewer', path: 'settings/people', who: 'viewer' },
    { name: 'situation-no-key', path: 'situation', who: 'keyless' },
    ...(place.mode === 'live'
      ? [{ name: 'settings-list', path: 'settings', who: 'administrator' } as const]
      : []),
  ]
}

function writings({ author }: Cast, { draft, write }: Props): Scene[] {
  return [
    {
      name: 'compose-faults',
      path: 'new',
      who: 'author',
      async act(page) {
        await page.locator('.reach-bar button.primary').click()
        await page.locator(FAULT).waitFor()
      },
    },
    {
      name: 'compose-reach',
      path: `alerts/${draft}/edit`,
      who: 'author',
      async act(page) {
        await page.locator('.reach-why').click()
        await page.locator('dialog[open]').waitFor()
      },
    },
    {
      name: 'compose-discard',
      path: `alerts/${draft}/edit`,
      who: 'author',
      async act(page) {
        await page.locator('.compose .screen-head .row > button').last().click()
        await page.locator('.compose .screen-head [role=alert]').waitFor()
      },
    },
    {
      name: 'compose-conflict',
      async path() {
        const id = await write()
        return { path: `alerts/${id}/edit`, end: nothing }
      },
      who: 'author',
      async act(page) {
        const id = /alerts\/([^/]+)/.exec(page.url())?.[1] ?? ''
        const alert = await author.client.get<{ info: { sms: string }[] }>(`/v1/alerts/${id}`)
        const [first, ...rest] = alert.info
        const sms = `${first?.sms} The bridge is closed.`
        await author.client.patch(`/v1/alerts/${id}`, { info: [{ ...first, sms }, ...rest] })
        const text = page.locator('#c-text')
        await text.fill(`${first?.sms} Do not drive.`)
        await page.locator('.conflict').waitFor()
      },
    },
    {
      name: 'compose-no-map',
      path: `alerts/${draft}/edit`,
      who: 'author',
      before: page =>
        page.addInitScript(`{
          const { getContext } = HTMLCanvasElement.prototype
          HTMLCanvasElement.prototype.getContext = function (kind, ...of) {
            return /webgl/.test(kind) ? null : getContext.call(this, kind, ...of)
          }
        }`),
    },
    { name: 'review-no-key', path: `alerts/${draft}/review`, who: 'keyless' },
    {
      name: 'review-unread',
      path: `alerts/${draft}/review`,
      who: 'author',
      async act(page) {
        // It is no button's that is off, for it says why it does nothing.
        await page.locator('.sign-card button.primary').click({ force: true })
        await page.locator('.sign-card .notice').waitFor()
      },
    },
  ]
}

function approvals({ submitted }: Props): Scene[] {
  return [
    {
      name: 'approve-return',
      path: `alerts/${submitted}`,
      who: 'approver',
      async act(page) {
        await page.locator('.approve-act .buttons > button').nth(1).click()
        await page.locator('dialog[open] button[type=submit]').click()
        await page.locator('dialog[open] [aria-invalid=true]').waitFor()
      },
    },
    {
      name: 'approve-doubt',
      path: `alerts/${submitted}`,
      who: 'approver',
      // Whether it was taken nobody knows.
      before: page => page.route(/\/approve$/, route => route.abort()),
      async act(page) {
        await typeCount(page)
        await page.locator('.approve-act button.sends').click()
        await page.locator('.approve-act .notice').waitFor()
      },
    },
  ]
}

/** Where the number of phones has to be typed, as it stands beside the field. */
async function typeCount(page: Page): Promise<void> {
  const field = page.locator('#typed-count')
  await page.locator('button.sends').waitFor()
  if ((await field.count()) === 0) return
  const label = await page.locator('label[for=typed-count]').innerText()
  await field.fill(label.replaceAll(/\D/g, ''))
}

function sendings({ author, approver }: Cast, { stopped, sent, send }: Props): Scene[] {
  const stop = (id: string) => () =>
    // It may have ended by itself.
    approver.client.post(`/v1/alerts/${id}/stop`).catch(() => undefined)
  const going = async (path = (id: string) => `alerts/${id}`): Promise<Passing> => {
    const id = await send(60)
    return { path: path(id), end: stop(id) }
  }
  let corrected: Promise<{ first: string; correction: string }> | undefined
  const correct = () => (corrected ??= cancelled())
  const cancelled = async () => {
    const first = await send(0)
    await until(
      () => author.client.get<{ state: string }>(`/v1/alerts/${first}`),
      ({ state }) => state === 'sent',
      'the alert is sent',
      60_000,
    )
    const content = await approver.client.bytes(`/v1/alerts/${first}/cancel/content`)
    const signature = await signAlert(content, approver.key, { role: 'approver', form: 'detached' })
    const { correctionId } = await approver.client.post<{ correctionId: string }>(
      `/v1/alerts/${first}/cancel`,
      { signature },
    )
    return { first, correction: correctionId }
  }
  return [
    {
      name: 'watch-sending',
      async path() {
        const id = await send(0)
        return { path: `alerts/${id}`, end: stop(id) }
      },
      who: 'author',
    },
    {
      name: 'watch-paused',
      async path() {
        const { path, end } = await going()
        await approver.client.post(`/v1/${path}/pause`)
        return { path, end }
      },
      who: 'approver',
    },
    {
      name: 'watch-cancelled',
      path: async () => ({ path: `alerts/${(await correct()).first}`, end: nothing }),
      who: 'author',
    },
    {
      name: 'watch-correction',
      path: async () => ({ path: `alerts/${(await correct()).correction}`, end: nothing }),
      who: 'author',
    },
    {
      name: 'cancel-none-prepared',
      async path() {
        const id = await send(60, { corrections: undefined })
        return { path: `alerts/${id}/cancel`, end: stop(id) }
      },
      who: 'approver',
    },
    { name: 'watch-viewer', path: `alerts/${sent}`, who: 'viewer' },
    { name: 'report-stopped', path: `reports/${stopped}`, who: 'author' },
    {
      name: 'sending-all-stop',
      path: () => going(() => 'sending'),
      who: 'approver',
      async act(page) {
        const card = page.locator('section.card').nth(1)
        await card.locator('input').fill('A key is in the wrong hands.')
        await card.locator('button').click()
        await card.locator('button.stops').waitFor()
      },
    },
  ]
}

/** Of each kind of thing one page with one, and one to enter another. */
async function singleThings(house: House, cast: Cast, props: Props): Promise<Scene[]> {
  const { administrator } = house
  const reports = ['statistics', 'unreached'].map(
    page => ({ name: `reports-${page}`, path: `reports/${page}`, who: 'author' }) as const,
  )
  // What is set up holds in both modes, and its pages differ in their frame alone.
  if (cast.place.mode === 'exercise') return reports
  const first = async (path: string) => {
    const { items } = await administrator.get<{ items: { id: string }[] }>(`${path}?limit=1`)
    return items[0]?.id
  }
  const { id: group } = await administrator.post<{ id: string }>('/v1/groups', {
    name: `The low bridge ${randomUUID().slice(0, 4)}`,
    area: { areaDesc: 'The low bridge', circle: [{ center: [-95.4, 29.7], radiusKm: 2 }] },
  })
  const { id: subscriber } = await administrator.post<{ id: string }>('/v1/subscribers', {
    url: `https://${randomUUID()}.example.org/hooks/alerts`,
    description: 'The siren network',
    events: ['alert.sending', 'alert.stopped'],
    // There is none: nothing is to be told it.
    enabled: false,
  })
  const template = await first('/v1/templates')
  const set = `WARD_${randomUUID().slice(0, 4)}`
  const square = (west: number) => ({
    type: 'Feature',
    properties: { WARD: String(-west), NAME: `Ward ${-west}` },
    geometry: {
      type: 'Polygon',
      coordinates: [
        [
          [west, 29],
          [west + 1, 29],
          [west + 1, 30],
          [west, 30],
          [west, 29],
        ],
      ],
    },
  })
  await administrator.post(
    `/v1/geocode-sets?valueName=${set}&code=WARD&name=NAME&description=Wards%20of%20the%20city`,
    { type: 'FeatureCollection', features: [square(-95), square(-96), square(-97)] },
  )
  const { id: me } = await administrator.get<{ id: string }>('/v1/me')
  const { id: feed } = await administrator.post<{ id: string }>('/v1/feeds', {
    url: `https://${randomUUID()}.example.org/gauges.xml`,
    description: 'River gauges',
    certificates: [],
    authorId: (await cast.author.client.get<{ id: string }>('/v1/me')).id,
    enabled: false,
  })
  const { id: schedule } = await administrator.post<{ id: string }>('/v1/report-schedules', {
    kind: 'statistics',
    every: 'week',
    operatorIds: [me],
  })
  const ways = [
    'people/new',
    `people/${await first('/v1/operators')}`,
    'contacts/new',
    `contacts/${await first('/v1/contacts')}`,
    'groups/new',
    `groups/${group}`,
    'templates/new',
    ...(template === undefined
      ? []
      : [
          `templates/${template}`,
          `templates/${template}/edit`,
          `templates/${template}/versions/1`,
        ]),
    'carriers/new',
    `carriers/${await first('/v1/carriers')}`,
    'exercises/new',
    'feeds/new',
    'subscribers/new',
    `subscribers/${subscriber}`,
    'mail-reports/new',
    `mail-reports/${schedule}`,
    `geocode-sets/set/${set}`,
    `feeds/${feed}`,
  ]
  const nameOf = (way: string) =>
    way.replaceAll('/', '-').replace(/[0-9a-f]{8}-[0-9a-f-]{27}|set-WARD.*/, 'one')
  return [
    ...reports,
    ...contactImports(house),
    { name: 'report-administrator', path: `reports/${props.sent}`, who: 'administrator' },
    ...ways.map(
      way =>
        ({
          name: `settings-${nameOf(way)}`,
          path: `settings/${way}`,
          who: 'administrator',
        }) as const,
    ),
    {
      name: 'settings-faults',
      path: 'settings/people/new',
      who: 'administrator',
      async act(page) {
        await page.locator('.settings-page form button[type=submit]').click()
        await page.locator('.settings-page [aria-invalid=true]').first().waitFor()
      },
    },
    {
      name: 'settings-remove',
      path: `settings/groups/${group}`,
      who: 'administrator',
      async act(page) {
        await page.locator('.settings-page button.quiet.start').last().click()
        await page.locator('.settings-page button.stops').waitFor()
      },
    },
  ]
}

const BREAK_GLASS_SECONDS = 60
const REASON = 'The river is over the road, and nobody answers the telephone.'

/** An author sends what nobody came to approve: from before its time is over to the report. */
async function brokenGlass(
  { administrator }: House,
  { author }: Cast,
  { submit }: Props,
): Promise<Scene[]> {
  const allow = (seconds: number) =>
    administrator.patch('/v1/organisation', { policy: { breakGlassAfterSeconds: seconds } })
  await allow(BREAK_GLASS_SECONDS)
  const due = await submit()
  const ready = await submit()
  const alone = await submit()
  const dueAt = Date.now() + BREAK_GLASS_SECONDS * 1000
  await allow(3600)
  const isDue = once(() => new Promise(done => setTimeout(done, dueAt + 1000 - Date.now())))
  const signAlone = async (id: string) => {
    await isDue()
    const content = await author.client.bytes(`/v1/alerts/${id}/content`)
    const signature = await signAlert(content, author.key, { role: 'breakGlass', form: 'detached' })
    await author.client.post(`/v1/alerts/${id}/break-glass`, { signature, reason: REASON })
  }
  const letGo = once(() => signAlone(ready))
  const sendAlone = once(async () => {
    await signAlone(alone)
    await author.client.post(`/v1/alerts/${alone}/dispatch`, { holdSeconds: 0 })
    await until(
      () => author.client.get<{ state: string }>(`/v1/alerts/${alone}`),
      ({ state }) => state === 'sent',
      'the alert is sent',
      120_000,
    )
  })
  const after = (made: () => Promise<unknown>, path: string) => async () => {
    await made()
    return { path, end: nothing }
  }
  const openPanel = async (page: Page) => {
    await page.locator('main button.start').last().click()
    await page.locator('dialog[open] button.sends').waitFor()
  }
  const fillPanel = async (page: Page) => {
    await openPanel(page)
    await page.locator('dialog[open] textarea').fill(REASON)
    await page.locator('#typed-count').waitFor()
    await typeCount(page)
    await page.locator('dialog[open] button.sends[aria-disabled=false]').waitFor()
  }
  return [
    { name: 'alone-due', path: after(isDue, `alerts/${due}`), who: 'author' },
    { name: 'alone-panel', path: after(isDue, `alerts/${due}`), who: 'author', act: openPanel },
    {
      name: 'alone-panel-filled',
      path: after(isDue, `alerts/${due}`),
      who: 'author',
      act: fillPanel,
    },
    {
      name: 'alone-panel-mail',
      path: after(isDue, `alerts/${due}`),
      who: 'author',
      before: page => altered(page, /\/v1\/readiness$/, { mail: { all: 1, up: 1 } }),
      act: fillPanel,
    },
    {
      name: 'alone-panel-no-key',
      path: after(isDue, `alerts/${due}`),
      who: 'keyless',
      act: openPanel,
    },
    {
      name: 'alone-refused',
      path: after(isDue, `alerts/${due}`),
      who: 'author',
      before: page =>
        answers(
          page,
          /\/break-glass$/,
          { status: 403, code: 'over_limits', detail: 'you may send to 5000 recipients at most' },
          403,
        ),
      async act(page) {
        await fillPanel(page)
        await page.locator('dialog[open] button.sends').click()
        await page.locator(`dialog[open] ${FAULT}`).waitFor()
      },
    },
    {
      name: 'alone-too-early',
      path: after(isDue, `alerts/${due}`),
      who: 'author',
      isPicture: true,
      // As where this machine's clock is ahead of the server's.
      async before(page) {
        const from = new Date(Date.now() + 100_000).toISOString()
        const detail = `an approver is waited for until ${from}`
        const fault = { pointer: '', detail, code: 'approver_awaited', values: { until: from } }
        const problem = { status: 409, code: 'wrong_state', detail, errors: [fault] }
        await answers(page, /\/break-glass$/, problem, 409)
      },
      async act(page) {
        await fillPanel(page)
        await page.locator('dialog[open] button.sends').click()
        await page.locator(`dialog[open] ${FAULT}`).waitFor()
      },
    },
    {
      name: 'alone-doubt',
      path: after(isDue, `alerts/${due}`),
      who: 'author',
      before: page => page.route(/\/break-glass$/, route => route.abort()),
      async act(page) {
        await fillPanel(page)
        await page.locator('dialog[open] button.sends').click()
        await page.locator('dialog[open] .notice[role=alert]').waitFor()
      },
    },
    { name: 'alone-approver', path: after(isDue, `alerts/${due}`), who: 'approver' },
    { name: 'alone-not-sent', path: after(letGo, `alerts/${ready}`), who: 'author' },
    {
      name: 'alone-hold',
      path: after(sendAlone, `alerts/${alone}`),
      who: 'author',
      // As it stood for a moment.
      before: page =>
        altered(page, new RegExp(`/v1/alerts/${alone}$`), {
          state: 'sending',
          holdUntil: new Date(Date.now() + 30_000).toISOString(),
        }),
    },
    { name: 'alone-situation', path: after(letGo, 'situation'), who: 'approver' },
    { name: 'alone-watch', path: after(sendAlone, `alerts/${alone}`), who: 'approver' },
    { name: 'alone-report', path: after(sendAlone, `reports/${alone}`), who: 'approver' },
  ]
}

/** Whoever practises alone is led. */
async function practice({ url }: House, { people }: Cast): Promise<Scene[]> {
  const client = await signIn({ url, ...people.author, mode: 'exercise' })
  const { id } = await client.post<{ id: string }>('/v1/exercises/practice', {})
  return [
    {
      name: 'practice',
      path: 'situation',
      who: 'keyless',
      place: { mode: 'exercise', exerciseId: id },
    },
  ]
}
