import { expect } from 'vitest'
import { recount } from '../../src/reports/recount.ts'
import { floodAlert, sendDraft, settle, test, watchUntil } from '../support/service.ts'

const RECIPIENTS = 60
const NORTH = { name: 'North', segmentsPerSecond: 200, window: 20, binds: 1 }

test(
  'each phone has a link of its own; who follows it answers, and who only looks does not',
  { timeout: 90_000 },
  async ({ tocsin, db }) => {
    const residents = await settle(db, RECIPIENTS)
    tocsin.startDispatcher()
    const { list } = await tocsin.startCarriers([NORTH])
    await tocsin.administrator.patch('/v1/organisation', { policy: { linkUrl: tocsin.url } })
    const alert = floodAlert()
    const info = alert.info.map(block => ({ ...block, sms: `${block.sms} {link}` }))
    const id = await sendDraft(tocsin, { ...alert, info })
    await watchUntil(tocsin.author.client, id, ({ delivered }) => delivered === RECIPIENTS)

    const links = new Map<string, string>()
    for (let i = 0; i < list.messages; i++) {
      const { phone, text } = list.message(i)
      links.set(phone, /http:\/\/\S+\/a\/[\w-]{20}$/.exec(text)![0])
    }
    expect(links.size).toBe(RECIPIENTS)
    expect(new Set(links.values()).size).toBe(RECIPIENTS)
    const pages = await Promise.all(
      residents.map(async ({ phone, language }) => {
        const response = await fetch(links.get(phone)!)
        const html = await response.text()
        return response.status === 200 && html.includes(`lang="${language}"`)
      }),
    )
    expect(pages).toEqual(residents.map(() => true))
    const safe = residents.slice(0, 20)
    const answers = await Promise.all(
      safe.map(({ phone }) =>
        fetch(links.get(phone)!, {
          method: 'POST',
          body: new URLSearchParams({ code: '1' }),
          redirect: 'manual',
        }),
      ),
    )
    expect(answers.map(({ status }) => status)).toEqual(safe.map(() => 303))
    const { tally } = await watchUntil(
      tocsin.author.client,
      id,
      (_progress, { replied }) => replied === safe.length,
    )
    expect(tally).toMatchObject({ noReply: RECIPIENTS - safe.length })
    const { tallies } = await recount(db, id)
    expect(tallies.counters).toEqual(tallies.rows)
    // No link stands in what the API says of what it does.
    for (const link of links.values()) expect(tocsin.apiLog()).not.toContain(link.slice(-20))
  },
)
