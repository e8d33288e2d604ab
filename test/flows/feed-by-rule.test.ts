/** A warning centre publishes; its feed's rule submits; a person approves; phones ring. */
import { onTestFinished, expect } from 'vitest'
import { until } from '../../scripts/rehearsal.ts'
import { signAs } from '../../src/cli/send.ts'
import { createXmlSigningKey, signXml } from '../../src/signing/xml-signature.ts'
import { aMessage } from '../feeds/polling.ts'
import { startPublisher } from '../feeds/publisher.ts'
import { aRule } from '../feeds/rules.ts'
import { settle, test, watchUntil } from '../support/service.ts'

const RECIPIENTS = 60
const TEXT = 'RIVER GAUGES: FLASH FLOOD in the valley until tonight. Go up now.'

interface Summary {
  readonly id: string
  readonly state: string
}

test('a signed warning of others goes out once a person has approved it, and not before', async ({
  db,
  tocsin,
}) => {
  await settle(db, RECIPIENTS)
  tocsin.startDispatcher()
  const { list: arrivals } = await tocsin.startCarriers([
    { name: 'North', segmentsPerSecond: 200, window: 20, binds: 1 },
  ])
  const { administrator, author, approver } = tocsin
  const publisher = await startPublisher()
  onTestFinished(() => publisher.close())
  const key = await createXmlSigningKey('gauges@example.org', new Date())
  const sms = `<parameter><valueName>tocsin:sms</valueName><value>${TEXT}</value></parameter>`
  const message = signXml(aMessage(['<parameter>', `${sms}<parameter>`]), key)

  const { id: authorId } = await author.client.get<{ id: string }>('/v1/me')
  const { id: feedId } = await administrator.post<{ id: string }>('/v1/feeds', {
    url: `${publisher.url}/now`,
    description: 'River gauges',
    authorId,
    certificates: [key.certificatePem],
    intervalSeconds: 15,
  })
  await administrator.put(`/v1/feeds/${feedId}/rule`, { rule: aRule() })
  publisher.pages.set('/now', message)
  // Asked anew at once.
  await administrator.patch(`/v1/feeds/${feedId}`, { description: 'River gauges' })
  const { items } = await until(
    () => author.client.get<{ items: Summary[] }>('/v1/alerts?state=submitted'),
    found => found.items.length > 0,
    'the warning is submitted',
  )
  expect(items).toMatchObject([{ byRuleOf: feedId }])
  const { id } = items[0]!
  await expect(approver.client.post(`/v1/alerts/${id}/dispatch`)).rejects.toMatchObject({
    problem: { status: 409, code: 'wrong_state' },
  })
  expect(arrivals.messages).toBe(0)

  await signAs(approver.client, id, 'approver', approver.key)
  await approver.client.post(`/v1/alerts/${id}/dispatch`)
  const { progress } = await watchUntil(
    approver.client,
    id,
    ({ delivered }) => delivered === RECIPIENTS,
  )
  expect(progress.recipients).toBe(RECIPIENTS)
  const texts = Array.from({ length: arrivals.messages }, (_, no) => arrivals.message(no).text)
  expect(new Set(texts)).toEqual(new Set([TEXT]))
  expect(texts).toHaveLength(RECIPIENTS)
})
