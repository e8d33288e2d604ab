/** Every screen of the console with something on it, as whoever may see it finds it. */
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { hire, type Person, until } from '../../scripts/rehearsal.ts'
import { signIn } from '../../src/cli/client.ts'
import { signAs } from '../../src/cli/send.ts'
import { keptSession, type Place } from './console-session.ts'
import type { Cast, House, Mode, Passing, Scene } from './scene.ts'
import { once, type Props } from './stage-props.ts'
import { stageStates } from './stage-states.ts'

export interface Stage {
  /** Each screen as it usually stands. */
  readonly scenes: readonly Scene[]
  /** What else may be met there. */
  states(): Promise<readonly Scene[]>
  show(scene: Scene, how: Window): Promise<Page>
  leave(page: Page): Promise<void>
  close(): Promise<void>
}

export interface Window {
  readonly width: number
  readonly height?: number
  readonly dark?: boolean
  readonly forcedColors?: boolean
  readonly locale?: string
}

let casts = 0

export async function openStage(house: House, browser: Browser, mode: Mode): Promise<Stage> {
  // So that an exercise's alerts wait for somebody, too.
  await house.administrator.patch('/v1/organisation', {
    policy: { secondPerson: 'all', breakGlassAfterSeconds: 3600 },
  })
  const cast = await (mode === 'live' ? liveCast(house) : exerciseCast(house))
  const { scenes, props } = await stageAlerts(house, cast)
  const states = once(() => stageStates(house, cast, props))
  const contexts = new Map<string, Promise<BrowserContext>>()
  const ends = new Map<Page, Passing['end']>()
  const contextOf = (scene: Scene, window: Window) => {
    const key = JSON.stringify([scene.who, scene.place, window])
    const known = contexts.get(key)
    if (known) return known
    const made = seatFor(
      browser,
      house,
      scene.place ? { ...cast, place: scene.place } : cast,
      scene.who,
      window,
    )
    contexts.set(key, made)
    // The next that sits there may have more luck.
    made.catch(() => contexts.delete(key))
    return made
  }
  const present = async (page: Page, scene: Scene) => {
    page.setDefaultTimeout(MOST_MS)
    let { path } = scene
    if (typeof path !== 'string') {
      const passing = await path()
      ends.set(page, passing.end)
      path = passing.path
    }
    const isBefore = scene.who === 'stranger' || scene.who === 'newcomer'
    await scene.before?.(page)
    const root = isBefore ? consoleOf(house) : rootOf(house, scene.place ?? cast.place)
    await page.goto(`${root}${path}`)
    if (scene.awaits === undefined) {
      // What is awaited has come, or says why not.
      await page.locator('main h1:visible').first().waitFor()
      await untilStill(page, scene.name)
      if (!isBefore && (await page.locator('.threshold').isVisible())) {
        throw new Error(`${scene.who} is not signed in any more`)
      }
    } else await page.locator(scene.awaits).first().waitFor()
    await scene.act?.(page)
  }
  const leave = async (page: Page) => {
    await page.close()
    await ends.get(page)?.()
    ends.delete(page)
  }
  return {
    scenes,
    states,
    async show(scene, window) {
      const context = await contextOf(scene, window)
      const page = await context.newPage()
      try {
        await present(page, scene)
      } catch (cause) {
        await leave(page)
        throw new Error(`${scene.name} can not be shown: ${String(cause)}`, { cause })
      }
      return page
    },
    leave,
    async close() {
      for (const context of contexts.values()) await (await context).close()
    },
  }
}

const STILL_MS = 300
const MOST_MS = 15_000

/** Nothing is awaited for a while: what has come may ask for more, as a list does for the map of what it holds. */
async function untilStill(page: Page, scene: string): Promise<void> {
  const end = performance.now() + MOST_MS
  let stillSince: number | undefined
  while (stillSince === undefined || performance.now() - stillSince < STILL_MS) {
    if (performance.now() > end) throw new Error(`${scene} still waits for something after 15 s`)
    const awaits = await page.evaluate<boolean>(
      `document.querySelector('[aria-busy=true]') !== null`,
    )
    stillSince = awaits ? undefined : (stillSince ?? performance.now())
    await page.waitForTimeout(50)
  }
}

/** `localhost`, not an address: passkeys need a name. */
const consoleOf = ({ url }: House) => `${url.replace('127.0.0.1', 'localhost')}/console/`

const rootOf = (house: House, { mode, exerciseId }: Place) =>
  `${consoleOf(house)}${exerciseId === undefined ? mode : `${mode}/${exerciseId}`}/`

const MAKE_A_KEY = /^(Make a signing key|Crear una clave de firma)$/
const KEY_WORKS = /Your signing key works|Su clave de firma funciona/

async function seatFor(
  browser: Browser,
  house: House,
  cast: Cast,
  who: Scene['who'],
  { width, height = 900, dark = false, forcedColors = false, locale = 'en-US' }: Window,
): Promise<BrowserContext> {
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme: dark ? 'dark' : 'light',
    forcedColors: forcedColors ? 'active' : 'none',
    reducedMotion: 'reduce',
    locale,
  })
  const { people, place } = cast
  if (who === 'newcomer') {
    await context.addInitScript(await keptSession(house.url, people.author, {}))
  } else if (who !== 'stranger') {
    const person = people[who === 'keyless' ? 'author' : who]
    await context.addInitScript(await keptSession(house.url, person, place))
  }
  if (who === 'author' || who === 'approver') {
    await makeKey(context, `${rootOf(house, place)}situation`)
  }
  return context
}

/** Who signs has a key in this browser. */
async function makeKey(context: BrowserContext, situation: string): Promise<void> {
  const page = await context.newPage()
  await page.goto(situation)
  await page.getByRole('button', { name: MAKE_A_KEY }).click()
  await page.getByText(KEY_WORKS).waitFor()
  await page.close()
}

async function liveCast({ url, administrator, administratorAs }: House): Promise<Cast> {
  const no = ++casts
  const author = await hire(administrator, url, {
    name: `Rosa Live ${letters(no)}`,
    roles: ['author'],
  })
  const approver = await hire(administrator, url, {
    name: `Mei Live ${letters(no)}`,
    roles: ['approver'],
  })
  const viewer = await hire(administrator, url, {
    name: `Sam Live ${letters(no)}`,
    roles: ['viewer'],
  })
  return {
    place: { mode: 'live' },
    people: { author, approver, viewer, administrator: administratorAs },
    author,
    approver,
    audience: {},
  }
}

async function exerciseCast({ url, administrator, administratorAs }: House): Promise<Cast> {
  const no = letters(++casts)
  const roster = await administrator.post<{ id: string }>('/v1/groups', { name: `Roster ${no}` })
  await administrator.post('/v1/contacts', {
    phone: `+1202555${String(100 + casts).padStart(4, '0')}`,
    name: 'Drill phone',
    groups: [`Roster ${no}`],
  })
  const exercise = await administrator.post<{ id: string }>('/v1/exercises', {
    name: `Spring drill ${no}`,
    rosterId: roster.id,
    endsAt: new Date(Date.now() + 3_600_000).toISOString(),
  })
  const place = { mode: 'exercise', exerciseId: exercise.id } as const
  const enter = async (name: string, roles: readonly string[]): Promise<Person> => {
    const person = await hire(administrator, url, { name, roles, mode: 'exercise' })
    const client = await signIn({ url, ...person, ...place })
    return { ...person, client }
  }
  const author = await enter(`Rosa Drill ${no}`, ['author'])
  const approver = await enter(`Mei Drill ${no}`, ['approver'])
  const viewer = await enter(`Sam Drill ${no}`, ['viewer'])
  return {
    place,
    people: { author, approver, viewer, administrator: administratorAs },
    author,
    approver,
    audience: { audience: { roster: roster.id } },
  }
}

/** `hire` makes an e-mail address of a name's letters. */
const letters = (no: number) => String.fromCharCode(64 + no)

const SETTINGS = [
  'account',
  'people',
  'contacts',
  'import',
  'groups',
  'geocode-sets',
  'geocode-sets/new',
  'templates',
  'carriers',
  'exercises',
  'organisation',
  'audit',
  'subscribers',
  'subscribers/new-aggregator',
  'feeds',
  'opt-outs',
  'other-texts',
  'mail-reports',
]

async function stageAlerts(
  { area }: House,
  cast: Cast,
): Promise<{ readonly scenes: Scene[]; readonly props: Props }> {
  const { author, approver } = cast
  const write = async (change = {}) => {
    const draft = { ...flood(area, cast.place.mode), ...cast.audience, ...change }
    return (await author.client.post<{ id: string }>('/v1/alerts', draft)).id
  }
  const submit = async (change = {}) => {
    const id = await write(change)
    await signAs(author.client, id, 'author', author.key)
    return id
  }
  const approve = async (change = {}) => {
    const id = await submit(change)
    await signAs(approver.client, id, 'approver', approver.key)
    return id
  }
  const send = async (holdSeconds: number, change = {}) => {
    const id = await approve(change)
    await approver.client.post(`/v1/alerts/${id}/dispatch`, { holdSeconds })
    return id
  }
  const draft = await write()
  const submitted = await submit()
  const approved = await approve()
  const sent = await send(0)
  await until(
    () => author.client.get<{ state: string }>(`/v1/alerts/${sent}`),
    ({ state }) => state === 'sent' || state === 'sending',
    'the alert is being sent',
  )
  const stopped = await send(60)
  await approver.client.post(`/v1/alerts/${stopped}/stop`)
  const reason = { reason: 'The road is Mill Road, not Hill Road.' }
  const returned = await submit()
  await approver.client.post(`/v1/alerts/${returned}/return`, reason)
  const rejected = await submit()
  await approver.client.post(`/v1/alerts/${rejected}/reject`, reason)
  const hold = async () => {
    const held = await send(60)
    return {
      path: `alerts/${held}`,
      end: () => approver.client.post(`/v1/alerts/${held}/stop`),
    }
  }
  const scenes: Scene[] = [
    { name: 'sign-in', path: '', who: 'stranger' },
    { name: 'choose-mode', path: '', who: 'newcomer' },
    { name: 'situation', path: 'situation', who: 'author' },
    { name: 'new', path: 'new', who: 'author' },
    { name: 'import', path: 'import', who: 'author' },
    { name: 'compose', path: `alerts/${draft}/edit`, who: 'author' },
    { name: 'review', path: `alerts/${draft}/review`, who: 'author' },
    { name: 'waiting', path: `alerts/${submitted}`, who: 'author' },
    { name: 'approve', path: `alerts/${submitted}`, who: 'approver' },
    { name: 'approved', path: `alerts/${approved}`, who: 'approver' },
    { name: 'returned', path: `alerts/${returned}`, who: 'author' },
    { name: 'rejected', path: `alerts/${rejected}`, who: 'author' },
    { name: 'hold', path: hold, who: 'approver' },
    { name: 'approvals', path: 'approvals', who: 'approver' },
    { name: 'sending', path: 'sending', who: 'author' },
    { name: 'watch', path: `alerts/${sent}`, who: 'author' },
    { name: 'replies', path: `alerts/${sent}/replies`, who: 'author' },
    { name: 'deliveries', path: `alerts/${sent}/deliveries`, who: 'author' },
    { name: 'stopped', path: `alerts/${stopped}`, who: 'author' },
    { name: 'cancel', path: `alerts/${sent}/cancel`, who: 'approver' },
    { name: 'all-clear', path: `alerts/${sent}/all-clear`, who: 'approver' },
    { name: 'nowhere', path: 'nowhere', who: 'author' },
    { name: 'reports', path: 'reports', who: 'author' },
    { name: 'report', path: `reports/${sent}`, who: 'author' },
    ...(cast.place.exerciseId === undefined
      ? []
      : [
          {
            name: 'score',
            path: `settings/exercises/${cast.place.exerciseId}`,
            who: 'author',
          } as const,
        ]),
    ...SETTINGS.map(
      page =>
        ({
          name: `settings-${page.replace('/', '-')}`,
          path: `settings/${page}`,
          who: 'administrator',
        }) as const,
    ),
  ]
  return { scenes, props: { draft, submitted, sent, stopped, write, submit, send } }
}

function flood(area: object, mode: Mode) {
  const block = {
    category: ['Met'],
    event: 'Flash Flood Warning',
    urgency: 'Immediate',
    severity: 'Severe',
    certainty: 'Observed',
    expires: new Date(Date.now() + 6 * 3_600_000).toISOString(),
  }
  return {
    status: mode === 'live' ? 'Actual' : 'Exercise',
    info: [
      {
        ...block,
        language: 'en-US',
        headline: 'Flash flood in the valley',
        sms: 'FLASH FLOOD in the valley. Move to high ground now. Reply 1 SAFE, 2 NEED HELP.',
        area: [area],
      },
      {
        ...block,
        language: 'es-US',
        headline: 'Inundación en el valle',
        sms: 'INUNDACION en el valle. Suba a un lugar alto. Responda 1 BIEN, 2 AYUDA.',
      },
    ],
    replies: {
      options: [
        { code: '1', label: 'Safe', words: ['safe'] },
        { code: '2', label: 'Need help', words: ['help me'], urgent: true },
      ],
    },
    corrections: {
      cancel: [
        { language: 'en-US', sms: 'SENT IN ERROR: there is no flash flood in the valley.' },
        { language: 'es-US', sms: 'ENVIADO POR ERROR: no hay inundacion en el valle.' },
      ],
      allClear: [
        { language: 'en-US', sms: 'ALL CLEAR: the flash flood in the valley is over.' },
        { language: 'es-US', sms: 'FIN DE LA ALERTA: ya no hay inundacion en el valle.' },
      ],
    },
  }
}
