import { sql } from 'drizzle-orm'
import { expect } from 'vitest'
import { deliveriesOf, hire, until } from '../../scripts/rehearsal.ts'
import { signIn } from '../../src/cli/client.ts'
import { signAs } from '../../src/cli/send.ts'
import { judge } from '../../src/simulator/judge.ts'
import {
  expectedTexts,
  floodAlert,
  sendDraft,
  settle,
  test,
  watchUntil,
} from '../support/service.ts'

interface Exercise {
  readonly id: string
  readonly rosterId: string
  readonly phones: number
  readonly state: string
}

test(
  'somebody practises beside a real alert, and neither hears of the other',
  { timeout: 120_000 },
  async ({ tocsin, db }) => {
    const { administrator, url } = tocsin
    const residents = await settle(db, 120)
    const log: string[] = []
    tocsin.startDispatcher(line => log.push(line))
    const { list } = await tocsin.startCarriers([
      { name: 'North', segmentsPerSecond: 200, window: 20, binds: 1 },
    ])
    const person = await hire(administrator, url, {
      name: 'Ines Romero',
      roles: ['author', 'approver'],
      mode: 'exercise',
    })
    const practice = await person.client.post<Exercise>('/v1/exercises/practice', { phones: 25 })
    expect(practice).toMatchObject({ phones: 25, state: 'open' })
    const { email, password } = person
    const place = { mode: 'exercise', exerciseId: practice.id } as const
    const inside = await signIn({ url, email, password, ...place })

    // The area is that of the real alert, and everybody in it stays out of it.
    const draft = { ...floodAlert(), status: 'Exercise' }
    const { id } = await inside.post<{ id: string }>('/v1/alerts', draft)
    const estimate = await inside.get<{ byCarrier: unknown[] }>(`/v1/alerts/${id}/estimate`)
    expect(estimate).toMatchObject({
      recipients: 25,
      ifActual: 120,
      unserved: 0,
      byCarrier: [{ recipients: 25 }],
    })
    await signAs(inside, id, 'author', person.key)
    await inside.post(`/v1/alerts/${id}/dispatch`)
    const { tally } = await watchUntil(
      inside,
      id,
      ({ state, delivered }, { replied }) => state === 'sent' && delivered === 25 && replied >= 5,
    )
    expect(tally.recipients).toBe(25)
    // What the real carrier has been sent meanwhile: nothing at all.
    expect([list.segments, list.messages]).toEqual([0, 0])
    const reached = await deliveriesOf(tocsin.author.client, id)
    expect(reached.every(({ phone }) => /^\+(1\d{3}55501|447700900|3363998)/.test(phone))).toBe(
      true,
    )

    const live = await sendDraft(tocsin, floodAlert())
    await watchUntil(
      tocsin.author.client,
      live,
      ({ state, delivered }) => state === 'sent' && delivered === 120,
    )
    expect(judge(list, expectedTexts(residents))).toMatchObject({
      reached: 120,
      missed: [],
      outside: [],
      extraCopies: 0,
      wrongText: [],
    })
    // And the one over whose carrier the practice went has carried nothing of it.
    const [carried] = await db.execute<{ live: number }>(sql`
      select coalesce(sum(p.submitted + p.delivered + p.failed), 0)::int as live
      from progress p join carriers c on c.id = p.carrier_id
      where c.protocol = 'simulated' and p.alert_id = ${live}::uuid`)
    expect(carried?.live).toBe(0)
  },
)

test(
  'an exercise that ends in the middle stops within seconds',
  { timeout: 120_000 },
  async ({ tocsin, db }) => {
    const { administrator, url } = tocsin
    const person = await hire(administrator, url, {
      name: 'Tom Baker',
      roles: ['author'],
      mode: 'exercise',
    })
    // At one message a second its 40 phones would take most of a minute.
    const practice = await person.client.post<Exercise>('/v1/exercises/practice', {
      phones: 40,
      faults: { slow: { segmentsPerSecond: 1 } },
    })
    const { email, password } = person
    const place = { mode: 'exercise', exerciseId: practice.id } as const
    const inside = await signIn({ url, email, password, ...place })
    const draft = { ...floodAlert(), status: 'Exercise' }
    const { id } = await inside.post<{ id: string }>('/v1/alerts', draft)
    await signAs(inside, id, 'author', person.key)
    await inside.post(`/v1/alerts/${id}/dispatch`)
    await watchUntil(inside, id, ({ submitted, delivered }) => submitted + delivered > 0)
    await db.execute(sql`
      update exercises set starts_at = now() - interval '1 hour', ends_at = now()
      where id = ${practice.id}::uuid`)
    const endedAt = performance.now()
    const stopped = await until(
      () => tocsin.author.client.get<{ state: string }>(`/v1/alerts/${id}`),
      ({ state }) => state === 'stopped',
      'the alert of the exercise stopped',
    )
    expect(performance.now() - endedAt).toBeLessThan(5_000)
    expect(stopped).toMatchObject({ state: 'stopped' })
    await expect(inside.get('/v1/me')).rejects.toMatchObject({ problem: { status: 401 } })
    const ended = await tocsin.author.client.get<{ items: Exercise[] }>('/v1/exercises')
    // A practice is its own person's affair.
    expect(ended.items.map(one => one.id)).not.toContain(practice.id)
  },
)
