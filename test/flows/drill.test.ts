import { sql } from 'drizzle-orm'
import { expect } from 'vitest'
import { hire } from '../../scripts/rehearsal.ts'
import { signAs } from '../../src/cli/send.ts'
import { judge } from '../../src/simulator/judge.ts'
import { floodAlert, settle, test, watchUntil } from '../support/service.ts'

const VOLUNTEERS = 20

test(
  'a drill reaches its roster and nobody else, and says that it is one',
  {
    timeout: 60_000,
  },
  async ({ tocsin, db }) => {
    const { administrator, author, url } = tocsin
    const residents = await settle(db, 300)
    const volunteers = residents.slice(0, VOLUNTEERS)
    // One of them lives elsewhere: areas neither add nor take away anybody.
    await db.execute(sql`
    update locations set position = point(10, 50)
    from contacts where contacts.id = contact_id and phone = ${volunteers[0]!.phone}
  `)
    const roster = await administrator.post<{ id: string }>('/v1/groups', { name: 'Volunteers' })
    await administrator.put(`/v1/groups/${roster.id}/members`, {
      phones: volunteers.map(({ phone }) => phone),
    })
    tocsin.startDispatcher()
    const { list } = await tocsin.startCarriers([
      { name: 'North', segmentsPerSecond: 200, window: 20, binds: 1 },
    ])
    const trainer = await hire(administrator, url, {
      name: 'Ines Romero',
      roles: ['author'],
      mode: 'exercise',
    })

    const draft = { ...floodAlert(), status: 'Exercise', audience: { roster: roster.id } }
    await expect(author.client.post('/v1/alerts', draft)).rejects.toMatchObject({
      problem: { status: 403, code: 'wrong_mode' },
    })
    const { id } = await trainer.client.post<{ id: string }>('/v1/alerts', draft)
    expect(await trainer.client.get(`/v1/alerts/${id}/estimate`)).toMatchObject({
      recipients: VOLUNTEERS,
      ifActual: 300 - 1,
    })
    // By the usual policy a drill asks for no second person.
    await signAs(trainer.client, id, 'author', trainer.key)
    await trainer.client.post(`/v1/alerts/${id}/dispatch`)
    await watchUntil(
      trainer.client,
      id,
      ({ state, delivered }) => state === 'sent' && delivered === VOLUNTEERS,
    )

    const texts = floodAlert().info.map(({ language, sms }) => [language, sms] as const)
    const drillTexts = new Map<string, string>(
      texts.map(([language, sms]) => [
        language,
        `${language === 'es-US' ? 'EJERCICIO' : 'EXERCISE'}: ${sms}`,
      ]),
    )
    const expected = volunteers.map(
      ({ phone, language }) => [phone, drillTexts.get(language) ?? ''] as const,
    )
    expect(judge(list, expected)).toMatchObject({
      reached: VOLUNTEERS,
      missed: [],
      outside: [],
      extraCopies: 0,
      wrongText: [],
    })
    expect(list.messages).toBe(VOLUNTEERS)
  },
)
