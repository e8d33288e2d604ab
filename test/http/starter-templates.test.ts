import { expect, vi } from 'vitest'
import type { Client } from '../../src/cli/client.ts'
import { draftFromTemplate, findTemplate } from '../../src/cli/templates.ts'
import { contactsAt } from '../alerts/people.ts'
import { onDuty } from '../support/corrections.ts'
import { type Answer, test } from '../support/edge.ts'
import { aStoredTemplate, aUse, draftOf, review } from '../templates/people.ts'

// The first that meets a part of the edge waits for it to be made ready.
vi.setConfig({ testTimeout: 60_000 })

const keys = ({ body }: Answer) => body.added.map(({ key }: { key: string }) => key)

test('the templates that come with the program are loaded once, and what became of them stays', async ({
  edge,
}) => {
  const administrator = await edge.caller({ roles: ['administrator'] })
  const load = (json?: object) => administrator.call('POST', '/v1/templates/starter', { json })
  // Somebody has one of that name already.
  const own = await aStoredTemplate(administrator, { name: 'Flood' })

  // Of two who do it at once one adds them all.
  const both = await Promise.all([load(), load()])
  expect(both.map(({ status }) => status)).toEqual([200, 200])
  const [first, second] = both.toSorted((a, b) => keys(b).length - keys(a).length)
  expect([keys(first!).length, first!.body.kept]).toEqual([17, ['flood']])
  expect([keys(second!), second!.body.kept.length]).toEqual([[], 18])
  const idOf = (wanted: string) =>
    first!.body.added.find(({ key }: { key: string }) => key === wanted).id
  const { body: tornado } = await administrator.call('GET', `/v1/templates/${idOf('tornado')}`)
  expect(tornado).toMatchObject({
    starter: 'tornado',
    name: 'Tornado',
    isUsable: true,
    writtenBy: null,
    states: [
      { language: 'en', state: 'draft', writers: [] },
      { language: 'es', state: 'draft', writers: [] },
    ],
  })

  const edited = { name: 'Tornado, ours', durationMinutes: 30 }
  await administrator.call('PATCH', `/v1/templates/${idOf('tornado')}`, { json: edited })
  await administrator.call('DELETE', `/v1/templates/${idOf('earthquake')}`)
  const again = await load()
  expect([keys(again), again.body.kept.length]).toEqual([[], 18])
  expect((await administrator.call('GET', `/v1/templates/${idOf('tornado')}`)).body).toMatchObject({
    ...edited,
    version: 2,
  })
  expect((await administrator.call('GET', `/v1/templates/${idOf('earthquake')}`)).status).toBe(404)

  // Once the name is free the one that is missing comes too.
  await administrator.call('DELETE', `/v1/templates/${own}`)
  expect(keys(await load({ languages: ['es'] }))).toEqual(['flood'])
  expect((await load({ languages: ['fr'] })).status).toBe(400)
  expect((await load({ languages: ['en', 'en'] })).status).toBe(400)
})

test('one is ready to be sent as soon as each language has its reviewer', async ({ edge, db }) => {
  await contactsAt(db, [[-96.5, 30.5]])
  const { author, approver } = await onDuty(edge)
  const { body } = await author.call('GET', '/v1/templates?limit=100')
  const { id } = body.items.find((one: { starter: string }) => one.starter === 'flash-flood')
  const made = await draftOf(author, id)
  expect(made.status, JSON.stringify(made.body)).toBe(201)
  expect(made.body.warnings.map((one: { pointer: string }) => one.pointer)).toEqual([
    '/info/0/sms',
    '/info/1/sms',
  ])
  expect((await author.submit(made.body.id)).body.code).toBe('not_as_template')
  // Nobody here wrote it: whoever will send it may review it.
  expect((await review(author, id, 'en', 1)).status).toBe(200)
  expect((await review(approver, id, 'es', 1)).status).toBe(200)
  expect((await author.submit(made.body.id)).status).toBe(200)
})

test('a shell makes an alert of a template by its name, in any case, or by its id', async ({
  edge,
}) => {
  const author = await edge.caller({ roles: ['author'] })
  const answered = async (method: string, path: string, json?: unknown) => {
    const { status, body } = await author.call(method, path, { json })
    if (status >= 400) throw new Error(body.code)
    return body
  }
  const client = {
    get: (path: string) => answered('GET', path),
    post: (path: string, json?: unknown) => answered('POST', path, json),
  } as Client
  const use = aUse()
  const byName = await draftFromTemplate(client, 'flash FLOOD', use)
  expect(byName).toMatchObject({ state: 'draft', info: [{ event: 'Flash Flood Warning' }, {}] })
  const { id } = await findTemplate(client, 'Tornado, ours')
  expect(await draftFromTemplate(client, id, use)).toMatchObject({ template: { id, version: 2 } })
  await expect(findTemplate(client, 'Earthquake')).rejects.toThrow('no template Earthquake')
})
