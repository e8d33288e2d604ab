import { expect } from 'vitest'
import { anAlert, aSigner, compose, contactsAt, square } from '../alerts/people.ts'
import { test } from '../support/edge.ts'

test('an author sees who may approve the alert, who of them is here, and who has opened it', async ({
  edge,
  db,
}) => {
  await contactsAt(db, [[-96.5, 30.5]])
  const author = await aSigner(edge, ['author', 'approver'], { name: 'Rosa' })
  const mei = await aSigner(edge, ['approver'], { name: 'Mei' })
  const far = { geometry: square(10, 50) }
  const kim = await aSigner(edge, ['approver'], { name: 'Kim', jurisdiction: far })
  const approvers = async (id: string) =>
    (await author.call('GET', `/v1/alerts/${id}/approvers`)).body.items
  const seenBy = async (id: string) => (await author.call('GET', `/v1/alerts/${id}`)).body.seenBy
  const open = async (who: typeof mei, id: string) =>
    (await who.call('POST', `/v1/alerts/${id}/seen`)).status

  const id = await compose(author, anAlert())
  expect(await open(mei, id), 'a draft is nobody’s to approve').toBe(409)
  await author.submit(id)
  // Neither who wrote it, nor whose jurisdiction it is not in.
  expect(await approvers(id)).toEqual([{ operatorId: mei.id, name: 'Mei', online: true }])
  expect(await open(kim, id)).toBe(403)

  expect(await seenBy(id)).toEqual([])
  expect([await open(mei, id), await open(mei, id)]).toEqual([204, 204])
  expect(await seenBy(id)).toMatchObject([{ operatorId: mei.id, name: 'Mei' }])

  // What was submitted anew must be read anew.
  await author.call('POST', `/v1/alerts/${id}/withdraw`)
  await author.submit(id)
  expect(await seenBy(id)).toEqual([])
  expect((await mei.approve(id)).status, 'who has seen it has no hand in it').toBe(200)

  edge.pass(17 * 60)
  const late = await aSigner(edge, ['viewer'])
  const items = (await late.call('GET', `/v1/alerts/${id}/approvers`)).body.items
  expect(items).toEqual([{ operatorId: mei.id, name: 'Mei', online: false }])
})

test('everybody can put a name to who did something, also to who is no longer here', async ({
  edge,
}) => {
  const viewer = await edge.caller({ name: 'Vic' })
  const gone = await edge.caller({ name: 'Gil', roles: ['author'] })
  const administrator = await edge.caller({ roles: ['administrator'] })
  await administrator.call('POST', `/v1/operators/${gone.id}/disable`)
  const { body } = await viewer.call('GET', '/v1/people?limit=1000')
  expect(body.items).toContainEqual({
    id: gone.id,
    name: 'Gil',
    roles: ['author'],
    disabled: true,
  })
  expect(body.items).toContainEqual({
    id: viewer.id,
    name: 'Vic',
    roles: ['viewer'],
    disabled: false,
  })
  expect(JSON.stringify(body)).not.toContain('example.org')
})
