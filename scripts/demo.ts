/**
 * A flash flood around Houston, from an empty machine to the acknowledgement report: the real service, three
 * simulated carriers, 50,000 people with phones that answer. With `--once` it ends by itself, and fails if what
 * the simulated phones saw is not what should have happened.
 */
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { Progress, Tally } from '../src/reports/progress.ts'
import { signIn, type Client } from '../src/cli/client.ts'
import { draftUpdate, sendCorrection } from '../src/cli/correct.ts'
import { importContacts } from '../src/cli/import.ts'
import { signAs } from '../src/cli/send.ts'
import { draftFromTemplate, findTemplate } from '../src/cli/templates.ts'
import { watchAlert, type WatchedAlert } from '../src/cli/watch.ts'
import { judge, markList, type Verdict } from '../src/simulator/judge.ts'
import { ANSWER_SAFE_OR_HELP } from '../src/simulator/phones.ts'
import { startSimulator, type Simulator } from '../src/simulator/simulator.ts'
import {
  DAM,
  flashFlood,
  flashFloodTexts,
  updateOf,
  whoShouldGet,
  whoShouldGetTheAllClear,
  whoShouldGetTheUpdate,
} from './demo/flash-flood.ts'
import { peopleAsCsv, populate } from './demo/population.ts'
import { aFreePort } from './ports.ts'
import { addCarrier, hire, scratchDirectory, startTocsin, until } from './rehearsal.ts'

const PEOPLE = 50_000
const CARRIERS = [
  { name: 'Lone Star', segmentsPerSecond: 3_000, window: 400, binds: 2 },
  { name: 'Gulf Mobile', segmentsPerSecond: 1_500, window: 200, binds: 2 },
  { name: 'Bayou Wireless', segmentsPerSecond: 500, window: 100, binds: 1 },
]
const LIMIT = CARRIERS.reduce((sum, carrier) => sum + carrier.segmentsPerSecond, 0)
/** Longer than any phone thinks before it answers. */
const QUIET_MS = 9_000
const ADMINISTRATOR = { email: 'administrator@county.example', password: 'demo-administrator' }

type Expected = ReadonlyMap<string, string>

let lastAnswers = 0
let lastAnswerAt = 0

const { values: options } = parseArgs({ options: { once: { type: 'boolean', default: false } } })
const say = (line: string) => process.stdout.write(`${line}\n`)
const scratch = await scratchDirectory('demo')
const cleanUps: (() => Promise<unknown>)[] = [() => rm(scratch, { recursive: true, force: true })]
const cleanUp = async () => {
  for (const step of cleanUps.splice(0).toReversed()) await step()
}

try {
  const ok = await demo()
  if (options.once) {
    await cleanUp()
    process.exit(ok ? 0 : 1)
  }
} catch (error) {
  process.stderr.write(`The demo failed: ${error instanceof Error ? error.message : 'unknown'}\n`)
  await cleanUp()
  process.exit(1)
}

async function demo(): Promise<boolean> {
  const ended = new AbortController()
  const leave = () => {
    ended.abort()
    void cleanUp().then(() => process.exit(0))
  }
  process.on('SIGINT', leave)
  process.on('SIGTERM', leave)

  say('\nStarting Tocsin on a PostgreSQL of its own …')
  const port = (!options.once && process.env['PORT']) || String(await aFreePort())
  const tocsin = await startTocsin({
    PORT: port,
    // A name and not an address: passkeys are made for names.
    TOCSIN_PUBLIC_URL: `http://localhost:${port}`,
    TOCSIN_DATA_DIR: join(scratch, 'data'),
    TOCSIN_ADMIN_EMAIL: ADMINISTRATOR.email,
    TOCSIN_ADMIN_PASSWORD: ADMINISTRATOR.password,
  })
  cleanUps.push(() => tocsin.stop())
  const simulator = await startSimulator({
    seed: 4,
    phones: { seed: 4, rules: ANSWER_SAFE_OR_HELP },
    carriers: CARRIERS.map(({ name, segmentsPerSecond, binds }) => ({
      name,
      port: 0,
      accounts: [
        { systemId: 'tocsin', password: 'demo', segmentsPerSecond, aboveLimit: 'throttle', binds },
      ],
      behaviour: {
        responses: { ms: 20, spreadMs: 40, missing: 0, twice: 0 },
        receipts: {
          share: 1,
          delay: { ms: 300, spreadMs: 2_000 },
          failed: 0.01,
          expired: 0,
          twice: 0,
          form: 'text and TLVs',
          messageId: 'decimal',
        },
      },
    })),
  })
  cleanUps.push(() => simulator.close())

  const administrator = await signIn({ url: tocsin.url, ...ADMINISTRATOR })
  await administrator.patch('/v1/organisation', {
    name: 'Harris County OEM',
    timeZone: 'America/Chicago',
    languages: ['en-US', 'es-US'],
  })
  const author = await hire(administrator, tocsin.url, { name: 'Rosa Alvarez', roles: ['author'] })
  const approver = await hire(administrator, tocsin.url, { name: 'Mei Chen', roles: ['approver'] })
  for (const [i, carrier] of CARRIERS.entries()) {
    const at = { port: simulator.centres[i]?.port ?? 0 }
    await addCarrier(administrator, { ...carrier, ...at, systemId: 'tocsin', password: 'demo' })
  }
  say(
    'An author and an approver have their keys; three carriers, 3,000 + 1,500 + 500 segments a second.',
  )

  const people = populate(PEOPLE, 1)
  say(`Importing ${PEOPLE.toLocaleString('en-US')} contacts …`)
  const imported = await importContacts(
    administrator,
    peopleAsCsv(people),
    new URLSearchParams(),
    say,
  )
  if (imported.accepted !== PEOPLE)
    throw new Error(`only ${imported.accepted} contacts were accepted`)
  const dam = await author.client.post<{ id: string; members: number }>('/v1/groups', {
    name: DAM.name,
    area: { areaDesc: DAM.name, circle: [{ center: DAM.center, radiusKm: DAM.radiusKm }] },
  })
  await author.client.post('/v1/groups', {
    name: 'Texas City',
    area: { areaDesc: 'Texas City', circle: [{ center: [-94.95, 29.39], radiusKm: 8 }] },
  })
  await until(
    () => administrator.get<{ items: { state: string }[] }>('/v1/carriers'),
    ({ items }) => items.every(carrier => carrier.state === 'bound'),
    'all carriers bound',
  )

  const consoleUrl = `http://localhost:${port}/console/`
  if (!options.once) {
    say(`\nThe console: ${consoleUrl}`)
    for (const who of [author, approver, ADMINISTRATOR]) say(`  ${who.email}  ${who.password}`)
    say('')
  }

  await administrator.post('/v1/templates/starter')
  const { id: templateId, version } = await findTemplate(approver.client, 'Flash flood')
  for (const language of ['en', 'es']) {
    await approver.client.post(`/v1/templates/${templateId}/review`, { language, version })
  }
  say('Mei Chen has reviewed the template for flash floods, in English and Spanish.')
  const expires = new Date(Math.ceil(Date.now() / 60_000) * 60_000 + 6 * 3600 * 1000)
  const filled = flashFlood(dam.id, expires)
  const alert = await draftFromTemplate(author.client, 'Flash flood', filled)
  const estimate = await author.client.get<{
    recipients: number
    segments: number
    seconds: number
  }>(`/v1/alerts/${alert.id}/estimate`)
  say(
    `The alert covers ${count(estimate.recipients)} people: ${count(estimate.segments)} segments, ${estimate.seconds.toFixed(1)} s at the carriers’ limits.`,
  )
  await signAs(author.client, alert.id, 'author', author.key)
  say('Rosa Alvarez has signed it.')
  await signAs(approver.client, alert.id, 'approver', approver.key)
  say('Mei Chen has approved it.\n')

  const startedAt = performance.now()
  await approver.client.post(`/v1/alerts/${alert.id}/dispatch`)
  const expected = whoShouldGet(people, flashFloodTexts(expires))
  const { progress } = await watchAlert(author.client, alert, {
    plannedSeconds: estimate.seconds,
    startedAt,
    output: process.stdout,
    signal: ended.signal,
    until: (now, tally) => isSettled(simulator, now, tally),
  })

  await report(author.client, alert.id)
  const first = judge(simulator.list, expected)
  const tally = await author.client.get<Tally>(`/v1/alerts/${alert.id}/tally`)
  const faults = findFaults(first, progress, tally)
  summarise(simulator, progress, estimate.segments)
  if (faults.length === 0)
    say(
      'The simulated phones agree: nobody missed, nobody outside, nobody twice, every answer counted.',
    )

  // A busy machine answers STOP and HELP late: that may fall into the time of what follows.
  const { policy } = await administrator.get<{ policy: Record<string, unknown> }>(
    '/v1/organisation',
  )
  const answers = new Set([policy['optOutText'], policy['optInText'], policy['helpText']])
  const mark = () => ({ ...markList(simulator.list), at: simulator.list.now() })
  const followed = async (
    name: string,
    id: string,
    since: ReturnType<typeof mark>,
    meant: Expected,
  ) => {
    const sent = await author.client.get<WatchedAlert>(`/v1/alerts/${id}`)
    const plan = await author.client.get<{ seconds: number }>(`/v1/alerts/${id}/estimate`)
    const { progress: now } = await watchAlert(author.client, sent, {
      plannedSeconds: plan.seconds,
      startedAt: performance.now(),
      output: process.stdout,
      signal: ended.signal,
      until: at => isOut(simulator, at),
    })
    const verdict = judge(simulator.list, meant, since)
    const isWrong = (phone: string) =>
      simulator.list
        .messagesOf(phone)
        .some(({ at, text }) => at > since.at && text !== meant.get(phone) && !answers.has(text))
    const [outside, wrongText] = [verdict.outside, verdict.wrongText].map(some =>
      some.filter(isWrong),
    )
    const own = reachFaults({ ...verdict, outside: outside!, wrongText: wrongText! }, now)
    if (own.length === 0) say(`${name}: ${count(now.recipients)} people, and the phones agree.`)
    faults.push(...own.map(fault => `${name}: ${fault}`))
  }

  say(
    '\nThe river floods Conroe too. Rosa Alvarez updates the alert: to all who had it, and to Conroe.',
  )
  const update = await draftUpdate(
    author.client,
    alert.id,
    updateOf(await author.client.get(`/v1/alerts/${alert.id}`)),
  )
  await signAs(author.client, update.id, 'author', author.key)
  await signAs(approver.client, update.id, 'approver', approver.key)
  const beforeUpdate = mark()
  await approver.client.post(`/v1/alerts/${update.id}/dispatch`)
  await followed('The update', update.id, beforeUpdate, whoShouldGetTheUpdate(people))

  say('\nThe water falls. Mei Chen alone sends the all-clear that was approved with the alert.')
  const beforeAllClear = mark()
  const allClear = await sendCorrection(approver.client, update.id, 'all-clear', approver.key)
  const meant = whoShouldGetTheAllClear(people)
  await followed('The all-clear', allClear.correctionId, beforeAllClear, meant)
  for (const fault of faults) say(`FAULT  ${fault}`)
  if (!options.once) {
    say(
      `\nTocsin stays up: the console at ${consoleUrl}, the API at ${tocsin.url}/docs. Ctrl+C ends it.`,
    )
    say('“Practise” in the console takes you through an alert of your own, to simulated phones.')
  }
  return faults.length === 0
}

/** Everything was sent and receipted, and every answer that a phone gave has been acknowledged and counted. */
function isSettled(simulator: Simulator, progress: Progress, tally: Tally): boolean {
  return tally.replied > 0 && isOut(simulator, progress)
}

function isOut(simulator: Simulator, progress: Progress): boolean {
  const { answers, acknowledgedAnswers } = simulator.list
  const isSent = progress.state === 'sent' && progress.submitted === 0 && progress.queued === 0
  return isSent && answers === acknowledgedAnswers && hasBeenQuiet(answers)
}

/** Phones answer within some seconds: when none has for a while, all have. */
function hasBeenQuiet(answers: number): boolean {
  if (answers !== lastAnswers) [lastAnswers, lastAnswerAt] = [answers, performance.now()]
  return performance.now() - lastAnswerAt > QUIET_MS
}

async function report(client: Client, alertId: string): Promise<void> {
  const directory = join(process.cwd(), 'data', 'demo')
  await mkdir(directory, { recursive: true })
  const path = `/v1/alerts/${alertId}/report`
  for (const [name, type] of [
    ['acknowledgement.json', 'application/json'],
    ['acknowledgement.csv', 'text/csv'],
    ['report.html', 'text/html'],
    ['report.pdf', 'application/pdf'],
  ] as const) {
    await writeFile(join(directory, name), await client.bytes(path, type))
  }
  say(`\nThe report is in ${directory}, to read as report.html and report.pdf`)
}

/** What is not as it should be, by the list of what the phones saw. */
function findFaults(verdict: Verdict, progress: Progress, tally: Tally): string[] {
  const faults = reachFaults(verdict, progress)
  const same = (ours: number, theirs: number, what: string) => {
    if (ours !== theirs) faults.push(`${what}: counted ${ours}, the phones say ${theirs}`)
  }
  same(tally.replied, verdict.tally.replied, 'replied')
  same(tally.other, verdict.tally.other, 'other replies')
  same(tally.optedOut, verdict.tally.optedOut, 'opted out')
  for (const { code, label, count: ours } of tally.byOption) {
    same(ours, verdict.tally.byOption[code] ?? 0, label)
  }
  return faults
}

/** Whom it should have reached, and did not, or the other way round. */
function reachFaults(verdict: Verdict, { recipients }: Progress): string[] {
  const counts: [readonly string[], string][] = [
    [verdict.missed, 'were missed'],
    [verdict.outside, 'were reached who should not be'],
    [verdict.wrongText, 'got another text'],
    [verdict.twice, 'got it more than once'],
  ]
  return [
    ...counts.flatMap(([phones, what]) => (phones.length > 0 ? [`${phones.length} ${what}`] : [])),
    ...(recipients === verdict.expected
      ? []
      : [`recipients: counted ${recipients}, the phones say ${verdict.expected}`]),
  ]
}

function summarise(simulator: Simulator, progress: Progress, segments: number): void {
  const first = Date.parse(progress.firstSubmittedAt ?? '')
  const last = Date.parse(progress.lastSubmittedAt ?? '')
  const seconds = Math.max(0.001, (last - first) / 1000)
  say(
    `${count(progress.recipients)} people, ${count(progress.segmentsSubmitted)} segments in ${seconds.toFixed(1)} s: ${count(Math.round(progress.segmentsSubmitted / seconds))} a second, the carriers’ limits allow ${count(LIMIT)} (${(segments / LIMIT).toFixed(1)} s).`,
  )
  for (const centre of simulator.centres) {
    for (const account of centre.stats()) {
      say(
        `  ${centre.name}: at most ${account.mostOfferedInASecond} segments in any second as it counted`,
      )
    }
  }
}

function count(n: number): string {
  return n.toLocaleString('en-US')
}
