import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'
import { until } from '../../scripts/rehearsal.ts'
import { signAs } from '../../src/cli/send.ts'
import type { Simulator } from '../../src/simulator/simulator.ts'
import { floodAlert, sendDraft, settle, test as serviceTest } from '../support/service.ts'

const RESIDENTS = 30
const script = fileURLToPath(new URL('../../scripts/tocsin.mjs', import.meta.url))

const CORRECTIONS = {
  cancel: ['en-US', 'es-US'].map(language => ({ language, sms: 'SENT IN ERROR. No flood.' })),
  allClear: ['en-US', 'es-US'].map(language => ({ language, sms: 'ALL CLEAR.' })),
}
const correctable = { ...floodAlert(), corrections: CORRECTIONS }

interface Typed {
  /** Resolves once it has printed so much to stdout. */
  printed(pattern: RegExp): Promise<RegExpExecArray>
  readonly ended: Promise<{ code: number | null; out: string; err: string }>
}

/** A shell of somebody on duty, in a directory of its own. */
interface Shell {
  readonly directory: string
  /** `tocsin …` as it is typed; `answer` is what is typed when it asks, else its input ends at once. */
  type(args: readonly string[], given?: { env?: Record<string, string>; answer?: string }): Typed
  file(name: string, content: string | Uint8Array): Promise<string>
}

const test = serviceTest.extend<{ $file: { shell: Shell; simulator: Simulator } }>({
  shell: [
    async ({ tocsin }, use) => {
      const directory = await mkdtemp(join(tmpdir(), 'tocsin-shell-'))
      const { email, password } = tocsin.author
      const access = { TOCSIN_URL: tocsin.url, TOCSIN_EMAIL: email, TOCSIN_PASSWORD: password }
      await use({
        directory,
        type: (args, { env = {}, answer = '' } = {}) => type(args, { ...access, ...env }, answer),
        async file(name, content) {
          const path = join(directory, name)
          await writeFile(path, content)
          return path
        },
      })
      await rm(directory, { recursive: true })
    },
    { scope: 'file' },
  ],
  simulator: [
    async ({ tocsin, db }, use) => {
      await settle(db, RESIDENTS)
      tocsin.startDispatcher()
      const carrier = { name: 'North', segmentsPerSecond: 100, window: 20, binds: 1 }
      await use(await tocsin.startCarriers([carrier]))
    },
    { scope: 'file' },
  ],
})

function type(args: readonly string[], env: Record<string, string>, answer: string): Typed {
  const child = spawn(process.execPath, [script, ...args], { env: { ...process.env, ...env } })
  const said = { out: '', err: '' }
  const listeners = new Set<() => void>()
  child.stdout.on('data', (chunk: Buffer) => {
    said.out += chunk.toString()
    for (const listener of listeners) listener()
  })
  child.stderr.on('data', (chunk: Buffer) => (said.err += chunk.toString()))
  child.stdin.on('error', () => undefined)
  child.stdin.end(answer)
  const ended = new Promise<{ code: number | null; out: string; err: string }>(resolve => {
    child.on('close', code => resolve({ code, ...said }))
  })
  const printed = (pattern: RegExp) =>
    new Promise<RegExpExecArray>((resolve, reject) => {
      const look = () => {
        const found = pattern.exec(said.out)
        if (found !== null) resolve(found)
      }
      listeners.add(look)
      look()
      void ended.then(() => reject(new Error(`it ended without ${pattern}: ${said.err}`)))
    })
  return { printed, ended }
}

/** How many phones have had this text. */
const readersOf = ({ list }: Simulator, text: string) =>
  new Set(
    Array.from({ length: list.messages }, (_, no) => list.message(no))
      .filter(message => message.text === text)
      .map(({ phone }) => phone),
  ).size

test(
  'an alert is sent, watched, updated and taken back by what somebody types',
  { timeout: 120_000 },
  async ({ tocsin, shell, simulator }) => {
    const { author, approver } = tocsin
    const authorKey = join(shell.directory, 'author.json')
    const approverKey = join(shell.directory, 'approver.json')
    const made = [authorKey, approverKey].map(out => shell.type(['keygen', '--out', out]).ended)
    const [ofAuthor, ofApprover] = await Promise.all(made)
    for (const [key, person] of [
      [ofAuthor, author],
      [ofApprover, approver],
    ] as const) {
      expect(key).toMatchObject({ code: 0, err: '' })
      const { jwk } = JSON.parse(key!.out) as { jwk: object }
      expect(jwk).not.toHaveProperty('d')
      await person.client.post('/v1/me/keys', { jwk, label: 'made in a shell', mode: 'live' })
    }
    expect((await stat(authorKey)).mode & 0o777).toBe(0o600)

    const alert = await shell.file('alert.json', JSON.stringify(correctable))
    const sending = shell.type(['send', alert, '--key', authorKey], { answer: 'y\n' })
    const [, id = ''] = await sending.printed(/^alert (\S+)$/m)
    await sending.printed(/^waiting for a second person/m)
    const bytes = await approver.client.bytes(`/v1/alerts/${id}/content`)
    const content = await shell.file('content', bytes)
    const role = ['--role', 'approver']
    const signed = await shell.type(['sign', content, '--key', approverKey, ...role]).ended
    expect(signed).toMatchObject({ code: 0, err: '' })
    const signature = signed.out.trim()
    await approver.client.post(`/v1/alerts/${id}/approve`, { signature })
    const sent = await sending.ended
    expect(sent.code).toBe(0)
    expect(sent.out).toContain(`${RESIDENTS} recipients (0 opted out)`)
    expect(sent.out).toContain(`${RESIDENTS} of ${RESIDENTS}`)

    const jwk = await shell.file('approver-public.json', ofApprover!.out)
    const by = ['--signature', signature, '--jwk', jwk]
    const other = await shell.file('other', `${await readFile(content, 'utf8')} `)
    const [good, changed, otherRole] = await Promise.all(
      [
        [content, ...by, ...role],
        [other, ...by, ...role],
        [content, ...by, '--role', 'author'],
      ].map(args => shell.type(['verify', ...args]).ended),
    )
    const { kid } = JSON.parse(ofApprover!.out) as { kid: string }
    expect(good).toEqual({ code: 0, out: `good signature of the approver, key ${kid}\n`, err: '' })
    expect(changed).toMatchObject({ code: 1, out: '' })
    expect(otherRole).toMatchObject({ code: 1, out: '' })

    const news = 'FLASH FLOOD. The bridge is closed.'
    const info = correctable.info.map(block => ({ ...block, sms: news }))
    const changes = await shell.file('changes.json', JSON.stringify({ info }))
    const updating = shell.type(['update', id, changes, '--key', authorKey, '--yes'])
    const [, updateId = ''] = await updating.printed(/^alert (\S+)$/m)
    await updating.printed(/^waiting for a second person/m)
    await signAs(approver.client, updateId, 'approver', approver.key)
    expect((await updating.ended).code).toBe(0)
    expect(readersOf(simulator, news)).toBe(RESIDENTS)

    const watched = await shell.type(['watch', updateId]).ended
    expect(watched.code).toBe(0)
    expect(watched.out).toMatch(/^Flash Flood Warning {3}sent$/m)

    const cancel = ['cancel', updateId, '--key', authorKey]
    const refused = await shell.type(cancel, { answer: 'n\n' }).ended
    expect(refused).toMatchObject({ code: 1, out: 'nothing was sent\n' })
    const retraction = CORRECTIONS.cancel[0]!.sms
    expect(readersOf(simulator, retraction)).toBe(0)
    const cancelled = await shell.type(cancel, { answer: 'yes\n' }).ended
    expect(cancelled.code).toBe(0)
    expect(cancelled.out).toMatch(new RegExp(`^cancel \\S+, to ${RESIDENTS} recipients$`, 'm'))
    expect(readersOf(simulator, retraction)).toBe(RESIDENTS)
    // It has been taken back: there is nothing to take back any more.
    const again = await shell.type([...cancel, '--yes']).ended
    expect(again).toMatchObject({ code: 1, out: '' })
    expect(again.err).toMatch(/^409 /)
  },
)

test(
  'an approver ends an alert from a shell: the all-clear goes to whoever had it',
  { timeout: 60_000 },
  async ({ tocsin, shell, simulator }) => {
    const { approver, author } = tocsin
    const key = await shell.file('duty.json', JSON.stringify(approver.key))
    const id = await sendDraft(tocsin, correctable)
    await until(
      () => author.client.get<{ state: string }>(`/v1/alerts/${id}`),
      ({ state }) => state === 'sent',
      'the alert is sent',
    )
    const env = { TOCSIN_EMAIL: approver.email, TOCSIN_PASSWORD: approver.password }
    const ended = await shell.type(['all-clear', id, '--key', key, '--yes'], { env }).ended
    expect(ended.code).toBe(0)
    expect(ended.out).toMatch(new RegExp(`^all-clear \\S+, to ${RESIDENTS} recipients$`, 'm'))
    expect(readersOf(simulator, CORRECTIONS.allClear[0]!.sms)).toBe(RESIDENTS)
  },
)

test(
  'what is wrong is said in a line or two, and the exit code tells it',
  { timeout: 60_000 },
  async ({ tocsin, shell }) => {
    const key = await shell.file('key.json', JSON.stringify(tocsin.author.key))
    const { d, ...publicHalf } = tocsin.author.key
    expect(d).toBeDefined()
    const noKey = await shell.file('public.json', JSON.stringify(publicHalf))
    const alert = await shell.file('alert.json', JSON.stringify(floodAlert()))
    const broken = await shell.file('broken.json', '{"status":')
    const empty = await shell.file('empty.json', '{"status":"Actual"}')
    const nobody = '018f0000-0000-7000-8000-000000000001'
    const drafts = async () =>
      (await tocsin.author.client.get<{ items: unknown[] }>('/v1/alerts?limit=200')).items.length
    const before = await drafts()
    const wrong: [args: string[], said: RegExp, env?: Record<string, string>][] = [
      [['cancle', nobody], /^error: unknown command 'cancle'\n/],
      [['cancel', nobody], /^error: required option '--key <file>' not specified\n/],
      [['keygen', '--out', key], /^EEXIST: file already exists, open '.*key\.json'\n$/],
      [['send', broken, '--key', key, '--yes'], /^.*broken\.json is no JSON: .+\n$/],
      [['send', empty, '--key', key], /^400 invalid_request: .+\n {2}\/info: .+\n$/],
      [['send', `${alert}.txt`, '--key', key], /^ENOENT: .+alert\.json\.txt'\n$/],
      // A draft that nobody can sign is not even made.
      [
        ['send', alert, '--key', noKey, '--yes'],
        /^.*public\.json is no private key of keygen\n {2}\/d: is missing: this is a public key\n$/,
      ],
      [['cancel', nobody, '--key', key, '--yes'], /^404 not_found: there is no such alert\n$/],
      [['all-clear', nobody, '--key', key], /\nno answer: with --yes nothing is asked\n$/],
      [['update', 'seven', empty, '--key', key], /^400 invalid_request: .+\n {2}\/id: .+\n$/],
      [
        ['watch', nobody],
        /^http:\/\/127\.0\.0\.1:2 can not be reached \(ECONNREFUSED\): is the service running there\?\n$/,
        { TOCSIN_URL: 'http://127.0.0.1:2' },
      ],
      [['watch', nobody], /^401 invalid_credentials: .+\n$/, { TOCSIN_PASSWORD: 'not this one' }],
    ]
    for (const [args, said, env = {}] of wrong) {
      const { code, out, err } = await shell.type(args, { env }).ended
      expect([args[0], code, out, err]).toEqual([args[0], 1, '', expect.stringMatching(said)])
    }
    expect(await drafts()).toBe(before)
  },
)
