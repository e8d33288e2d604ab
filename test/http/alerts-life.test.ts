import { randomUUID } from 'node:crypto'
import { expect } from 'vitest'
import { anAlert, aSigner, contactsAt, contentBytes } from '../alerts/people.ts'
import { test } from '../support/edge.ts'

test('an author writes and signs, an approver signs the same bytes, it is dispatched, and stops', async ({
  edge,
  db,
}) => {
  await contactsAt(db, [
    [-96.5, 30.5],
    [-96.4, 30.4],
    [-90, 30.5],
  ])
  const author = await aSigner(edge, ['author'])
  const approver = await aSigner(edge, ['approver'])

  const made = await author.call('POST', '/v1/alerts', { json: anAlert() })
  expect(made.status, JSON.stringify(made.body)).toBe(201)
  expect(made.body).toMatchObject({ state: 'draft', mode: 'live', maxRecipients: 3, revision: 1 })
  expect(made.headers.get('ETag')).toBe('"1"')
  const { id } = made.body

  const seenByAuthor = await contentBytes(edge, author, id)
  expect(await contentBytes(edge, approver, id)).toEqual(seenByAuthor)
  const submitted = await author.submit(id)
  expect(submitted.body, JSON.stringify(submitted.body)).toMatchObject({ state: 'submitted' })
  expect(await contentBytes(edge, approver, id)).toEqual(seenByAuthor)

  const approved = await approver.approve(id)
  expect(approved.body, JSON.stringify(approved.body)).toMatchObject({ state: 'approved' })
  expect(approved.body.signatures).toEqual([
    expect.objectContaining({ role: 'author', operatorId: author.id, kid: author.kid }),
    expect.objectContaining({ role: 'approver', operatorId: approver.id, kid: approver.kid }),
  ])

  const key = { 'Idempotency-Key': randomUUID() }
  const path = `/v1/alerts/${id}/dispatch`
  expect((await author.call('POST', path)).body.code).toBe('idempotency_key_required')
  const dispatched = await author.call('POST', path, { headers: key })
  expect([dispatched.status, dispatched.body]).toEqual([202, { state: 'sending', left: 0 }])
  expect((await author.call('POST', path, { headers: key })).body).toEqual(dispatched.body)

  const stopped = await approver.call('POST', `/v1/alerts/${id}/stop`)
  expect([stopped.status, stopped.body]).toEqual([202, { state: 'stopped', left: 0 }])

  const whole = await author.call('GET', `/v1/alerts/${id}`)
  expect(whole.body.history.map((entry: { action: string }) => entry.action)).toEqual([
    'created',
    'submitted',
    'approved',
    'dispatched',
    'stopped',
  ])
  expect(whole.body).toMatchObject({ recipients: 2, state: 'stopped' })
})
