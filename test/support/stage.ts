/** Every screen of the console with something on it, as whoever may see it finds it. */
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { hire, type Person, until } from '../../scripts/rehearsal.ts'
import { type Client, signIn } from '../../src/cli/client.ts'
import { signAs } from '../../src/cli/send.ts'

interface Scene {
  readonly name: string
  /** Below the mode. */
  readonly path: string
  readonly who: 'author' | 'approver' | 'administrator'
}

export interface Stage {
  readonly scenes: readonly Scene[]
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

export type Mode = 'live' | 'exercise'

/** What a stage needs of a Tocsin: one of a test's, or that of `npm run screenshots`. */
export interface House {
  readonly url: string
  readonly administrator: Client
  readonly administratorAs: { readonly email: string; readonly password: string }
  readonly area: object
}

interface Cast {
  readonly place: { readonly mode: Mode; readonly exerciseId?: string }
  readonly people: Readonly<
    Record<Scene['who'], { readonly email: string; readonly password: string }>
  >
  readonly author: Person
  readonly approver: Person
  readonly audience: object
}

let casts = 0

export async function openStage(house: House, browser: Browser, mode: Mode): Promise<Stage> {
  // So that an exercise's alerts wait for somebody, too.
  await house.administrator.patch('/v1/organisation', { policy: { secondPerson: 'all' } })
  const cast = await (mode === 'live' ? liveCast(house) : exerciseCast(house))
  const scenes = await stageAlerts(house, cast)
  const contexts = new Map<string, Promise<BrowserContext>>()
  const contextOf = (scene: Scene, window: Window) => {
    const key = JSON.stringify([scene.who, window])
    const known = contexts.get(key)
    if (known) return known
    const made = seatFor(browser, house, cast, scene.who, window)
    contexts.set(key, made)
    return made
  }
  const root = cast.place.exerciseId === undefined ? mode : `exercise/${cast.place.exerciseId}`
  return {
    scenes,
    async show(scene, window) {
      const context = await contextOf(scene, window)
      const page = await context.newPage()
      await page.goto(`${consoleOf(house)}${root}/${scene.path}`)
      // What is awaited has come, or says why not.
      await page.locator('main h1:visible').first().waitFor()
      try {
        const gone = { state: 'detached', timeout: 15_000 } as const
        await page.locator('[aria-busy=true]').first().waitFor(gone)
      } catch {
        throw new Error(`${scene.name} still waits for something after 15 s`)
      }
      await page.waitForTimeout(300)
      return page
    },
    async leave(page) {
      await page.close()
    },
    async close() {
      for (const context of contexts.values()) await (await context).close()
    },
  }
}

/** `localhost`, not an address: passkeys need a name. */
const consoleOf = ({ url }: House) => `${url.replace('127.0.0.1', 'localhost')}/console/`

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
  const { email, password } = cast.people[who]
  const answer = await fetch(`${house.url}/v1/auth/token`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ grantType: 'password', email, password, ...cast.place }),
  })
  if (!answer.ok) throw new Error(`${who} is not let in: ${answer.status}`)
  const tokens = (await answer.json()) as Record<string, unknown> & { expiresIn: number }
  const session = {
    accessToken: tokens['accessToken'],
    refreshToken: tokens['refreshToken'],
    person: tokens['operator'],
    until: Date.now() + tokens.expiresIn * 1000,
    signedInAt: Date.now(),
    mustEnrolPasskey: false,
  }
  const key = `tocsin.session.${cast.place.exerciseId ?? cast.place.mode}`
  const kept = [key, JSON.stringify(session)].map(text => JSON.stringify(text)).join(', ')
  await context.addInitScript(`if (location.protocol !== 'about:') localStorage.setItem(${kept})`)
  return context
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
  return {
    place: { mode: 'live' },
    people: { author, approver, administrator: administratorAs },
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
  return {
    place,
    people: { author, approver, administrator: administratorAs },
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
  'templates',
  'carriers',
  'exercises',
  'organisation',
  'audit',
  'subscribers',
  'feeds',
  'opt-outs',
]

async function stageAlerts({ area }: House, cast: Cast): Promise<Scene[]> {
  const { author, approver } = cast
  const write = async () => {
    const draft = { ...flood(area, cast.place.mode), ...cast.audience }
    return (await author.client.post<{ id: string }>('/v1/alerts', draft)).id
  }
  const draft = await write()
  const submitted = await write()
  await signAs(author.client, submitted, 'author', author.key)
  const sent = await write()
  await signAs(author.client, sent, 'author', author.key)
  await signAs(approver.client, sent, 'approver', approver.key)
  await approver.client.post(`/v1/alerts/${sent}/dispatch`)
  await until(
    () => author.client.get<{ state: string }>(`/v1/alerts/${sent}`),
    ({ state }) => state === 'sent' || state === 'sending',
    'the alert is being sent',
  )
  return [
    { name: 'situation', path: 'situation', who: 'author' },
    { name: 'new', path: 'new', who: 'author' },
    { name: 'compose', path: `alerts/${draft}/edit`, who: 'author' },
    { name: 'review', path: `alerts/${draft}/review`, who: 'author' },
    { name: 'waiting', path: `alerts/${submitted}`, who: 'author' },
    { name: 'approve', path: `alerts/${submitted}`, who: 'approver' },
    { name: 'approvals', path: 'approvals', who: 'approver' },
    { name: 'sending', path: 'sending', who: 'author' },
    { name: 'watch', path: `alerts/${sent}`, who: 'author' },
    { name: 'replies', path: `alerts/${sent}/replies`, who: 'author' },
    { name: 'cancel', path: `alerts/${sent}/cancel`, who: 'approver' },
    { name: 'reports', path: 'reports', who: 'author' },
    { name: 'report', path: `reports/${sent}`, who: 'author' },
    ...SETTINGS.map(
      page =>
        ({ name: `settings-${page}`, path: `settings/${page}`, who: 'administrator' }) as const,
    ),
  ]
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
