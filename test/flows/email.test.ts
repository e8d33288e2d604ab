import { sql } from 'drizzle-orm'
import { expect, onTestFinished } from 'vitest'
import { hire, until } from '../../scripts/rehearsal.ts'
import { signAs } from '../../src/cli/send.ts'
import type { Database } from '../../src/store/database.ts'
import { judge } from '../../src/simulator/judge.ts'
import { type MailServer, startMailServer } from '../support/mail-server.ts'
import {
  allBound,
  expectedTexts,
  floodAlert,
  killNow,
  type Resident,
  sendDraft,
  settle,
  test as serviceTest,
  type Tocsin,
  watchUntil,
} from '../support/service.ts'

const RECIPIENTS = 450
/** Connections to the mail server: so many letters may be in flight, and go out twice for a death. */
const BINDS = 4
const RATE = 200

const addressOf = ({ phone }: Resident) => `p${phone.slice(1)}@people.example`

const test = serviceTest.extend<{ $file: { residents: Resident[] } }>({
  residents: [
    async ({ db }, use) => {
      const residents = await settle(db, RECIPIENTS)
      // Two of three have an address.
      await db.execute(sql`
        update contacts set email = 'p' || substring(phone from 2) || '@people.example'
        where right(phone, 1)::int % 3 <> 0
      `)
      await use(residents)
    },
    { scope: 'file' },
  ],
})

const withAddress = (residents: readonly Resident[]) =>
  residents.filter(({ phone }) => Number(phone.at(-1)) % 3 !== 0)

/** A mail account at a server that the test plays, bound. */
async function addMail(
  { administrator }: Tocsin,
  server: Pick<MailServer, 'port'>,
): Promise<string> {
  const { id } = await administrator.post<{ id: string }>('/v1/carriers', {
    name: `Post ${server.port}`,
    protocol: 'smtp',
    segmentsPerSecond: RATE,
    binds: BINDS,
    smtp: {
      host: '127.0.0.1',
      port: server.port,
      security: 'none',
      from: 'alerts@county.example',
      responseTimeoutSeconds: 5,
    },
  })
  await allBound(administrator)
  onTestFinished(async () => {
    await administrator.patch(`/v1/carriers/${id}`, { enabled: false })
  })
  return id
}

async function played(...given: Parameters<typeof startMailServer>): Promise<MailServer> {
  const server = await startMailServer(...given)
  onTestFinished(() => server.close())
  return server
}

const carrier = (name: string) => ({ name, segmentsPerSecond: 300, window: 50, binds: 1 })

/** What the counters say must be what the letters' rows say. */
async function expectRecount(db: Database, alertId: string) {
  const [row] = await db.execute<{ counters: object; rows: object }>(sql`
    select json_build_object('letters', letters, 'sent', sent, 'failed', failed, 'expired', expired,
        'cancelled', cancelled, 'unknown', unknown, 'possible', possible_duplicates) as counters,
      (select json_build_object('letters', count(*), 'sent', count(*) filter (where state = 'sent'),
          'failed', count(*) filter (where state = 'failed'), 'expired', count(*) filter (where state = 'expired'),
          'cancelled', count(*) filter (where state = 'cancelled'),
          'unknown', count(*) filter (where state = 'unknown'),
          'possible', count(*) filter (where possible_duplicate))
        from letters l where l.alert_id = m.alert_id) as rows
    from mailings m where alert_id = ${alertId}::uuid
  `)
  expect(row!.counters).toEqual(row!.rows)
}

test(
  'three dispatchers are killed in the midst: nobody loses a letter, copies are bounded and marked',
  { timeout: 180_000 },
  async ({ tocsin, db, residents }) => {
    let dispatcher = tocsin.startDispatcher()
    const { list } = await tocsin.startCarriers([carrier('North')])
    const server = await played()
    await addMail(tocsin, server)
    const alertId = await sendDraft(tocsin, {
      ...floodAlert(),
      info: floodAlert().info.map(block => ({ ...block, headline: 'Flash flood in the valley' })),
    })
    const kills = 3
    for (let kill = 1; kill <= kills; kill++) {
      const before = server.mails.length
      await server.until('more letters', () => server.mails.length >= before + 40, 60_000)
      await killNow(dispatcher)
      dispatcher = tocsin.startDispatcher()
    }
    const { progress } = await watchUntil(
      tocsin.author.client,
      alertId,
      ({ state, submitted }) => state === 'sent' && submitted === 0,
      150_000,
    )
    const wanted = withAddress(residents).map(addressOf)
    expect(progress.email).toMatchObject({
      recipients: wanted.length,
      queued: 0,
      sent: wanted.length,
      failed: 0,
      unknown: 0,
    })
    const times = new Map<string, number>()
    for (const { to } of server.mails) times.set(to, (times.get(to) ?? 0) + 1)
    expect([...times.keys()].toSorted()).toEqual(wanted.toSorted())
    const twice = [...times].filter(([, count]) => count > 1).map(([to]) => to)
    const marked = await db.execute<{ address: string }>(sql`
      select address from letters where alert_id = ${alertId}::uuid and possible_duplicate
    `)
    const suspects = new Set(marked.map(({ address }) => address))
    expect(twice.filter(to => !suspects.has(to))).toEqual([])
    expect(suspects.size).toBeLessThanOrEqual(kills * BINDS)
    expect(progress.email?.possibleDuplicates).toBe(suspects.size)
    await expectRecount(db, alertId)
    // Each in their language, of the text that was signed, and a copy under the same id.
    const spanish = residents.find(
      one => one.language === 'es-US' && wanted.includes(addressOf(one)),
    )
    const letter = server.mails.find(({ to }) => to === addressOf(spanish!))!.raw
    expect(letter).toContain('INUNDACION en el valle.')
    expect(letter).toContain('Subject: Flash flood in the valley\r\n')
    // And the texts went out as ever.
    expect(judge(list, expectedTexts(residents))).toMatchObject({
      reached: RECIPIENTS,
      missed: [],
      outside: [],
      wrongText: [],
    })
    await killNow(dispatcher)
  },
)

test(
  'a mail server that answers nothing holds up no text, and a stop cancels what had not left',
  { timeout: 60_000 },
  async ({ tocsin, db, residents }) => {
    const dispatcher = tocsin.startDispatcher()
    const { list } = await tocsin.startCarriers([carrier('South')])
    const server = await played()
    await addMail(tocsin, server)
    server.hold()
    const alertId = await sendDraft(tocsin, floodAlert())
    const { author, approver } = tocsin
    const { progress } = await watchUntil(
      author.client,
      alertId,
      ({ delivered, email }) =>
        delivered === RECIPIENTS && email?.recipients === withAddress(residents).length,
      30_000,
    )
    expect(progress.state).toBe('sending')
    expect(list.messages).toBeGreaterThanOrEqual(RECIPIENTS)
    const inFlight = server.mails.length
    expect(inFlight).toBeLessThanOrEqual(BINDS)
    await approver.client.post(`/v1/alerts/${alertId}/stop`)
    server.resume()
    const { progress: stopped } = await watchUntil(
      author.client,
      alertId,
      ({ email }) => email?.queued === 0,
      30_000,
    )
    expect(stopped.email?.cancelled).toBe(withAddress(residents).length - inFlight)
    expect(stopped.email?.sent).toBe(inFlight)
    expect(server.mails.length).toBe(inFlight)
    await expectRecount(db, alertId)
    await killNow(dispatcher)
  },
)

test(
  'a drill is written to its roster with the drill word, and a mailbox that is refused fails alone',
  { timeout: 60_000 },
  async ({ tocsin, db, residents }) => {
    const dispatcher = tocsin.startDispatcher()
    await tocsin.startCarriers([carrier('East')])
    const staff = withAddress(residents).slice(0, 5)
    const [refused, ...taken] = staff.map(addressOf)
    const server = await played({
      rcptTo: address => (address === refused ? '550 5.1.1 no such mailbox' : undefined),
    })
    const mailId = await addMail(tocsin, server)
    const { administrator, url } = tocsin
    const roster = await administrator.post<{ id: string }>('/v1/groups', { name: 'Staff' })
    await administrator.put(`/v1/groups/${roster.id}/members`, {
      phones: staff.map(({ phone }) => phone),
    })
    const trainer = await hire(administrator, url, {
      name: 'Ines Romero',
      roles: ['author'],
      mode: 'exercise',
    })
    const draft = { ...floodAlert(), status: 'Exercise', audience: { roster: roster.id } }
    const { id } = await trainer.client.post<{ id: string }>('/v1/alerts', draft)
    await signAs(trainer.client, id, 'author', trainer.key)
    await trainer.client.post(`/v1/alerts/${id}/dispatch`)
    const { progress } = await watchUntil(trainer.client, id, ({ state }) => state === 'sent')
    expect(progress.email).toMatchObject({ recipients: 5, sent: 4, failed: 1, queued: 0 })
    expect(server.mails.map(({ to }) => to).toSorted()).toEqual(taken.toSorted())
    for (const { raw } of server.mails) {
      expect(raw).toMatch(/^Subject: (EXERCISE|EJERCICIO): Flash Flood Warning\r$/m)
      expect(raw).toMatch(/\r\n\r\n(EXERCISE|EJERCICIO): /)
    }
    await expectRecount(db, id)

    // Its lane is in the metrics beside those of texts, as of its next report.
    const counted = async () => {
      const lines = (await (await fetch(`${url}/metrics`)).text()).split('\n')
      const of = (name: string) =>
        lines
          .find(line => line.startsWith(`tocsin_lane_${name}{carrier="${mailId}"`))
          ?.split(' ')[1]
      return ['bound', 'accepted_messages_total', 'failed_total', 'window_segments'].map(of)
    }
    const standing = await until(counted, ([, accepted]) => accepted === '4', 'the lane’s report')
    expect(standing).toEqual(['1', '4', '1', String(BINDS)])

    // The account is tested by one letter to one of them.
    const before = server.mails.length
    const { items } = await administrator.get<{
      items: { id: string; protocol: string; enabled: boolean }[]
    }>('/v1/carriers')
    const post = items.find(({ protocol, enabled }) => protocol === 'smtp' && enabled)!
    await administrator.post(`/v1/carriers/${post.id}/test`, { phone: staff[1]!.phone })
    await server.until('the test letter', () => server.mails.length > before, 10_000)
    expect(server.mails.at(-1)).toMatchObject({ to: taken[0] })
    expect(server.mails.at(-1)!.raw).toContain('Subject: TEST. A test message of')
    await killNow(dispatcher)
  },
)
