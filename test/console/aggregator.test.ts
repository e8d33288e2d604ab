import { expect, onTestFinished } from 'vitest'
import { findings, tooWide } from '../support/accessible.ts'
import { startAggregator, TAKEN } from '../support/aggregator.ts'
import { consoleUrl, takeSeat, test } from '../support/console.ts'
import { keptSession } from '../support/console-session.ts'
import { aKeyPair } from '../support/key-pair.ts'
import { ADMINISTRATOR, floodAlert, sendDraft, settle, VALLEY } from '../support/service.ts'

test(
  'an aggregator is entered, its connection checked, and what each channel said to an alert is read',
  { timeout: 120_000 },
  async ({ tocsin, browser, db }) => {
    await settle(db, 30)
    const aggregator = await startAggregator()
    onTestFinished(() => aggregator.close())
    const [pair, other] = [aKeyPair({ to: 24 * 365 }), aKeyPair()]
    aggregator.trusted = pair.certificate
    const { page, complaints } = await takeSeat(browser)
    await page.addInitScript(await keptSession(tocsin.url, ADMINISTRATOR))
    await page.goto(`${consoleUrl(tocsin)}live/settings/subscribers`)
    const main = page.getByRole('main')
    await main.getByRole('link', { name: 'Enter an aggregator' }).click()
    await main.getByLabel('Which system it is').fill('IPAWS-OPEN')
    await main.getByLabel('Address').fill(aggregator.url)
    await main.getByLabel('The real one').check()
    await main.getByLabel('Logon user').fill('county-alerts')
    await main.getByLabel('COG number').fill('120075')
    await main.getByLabel('Certificate (PEM)').fill(pair.certificate)
    await main.getByLabel('Private key (PEM)').fill(other.privateKey)
    await main.getByRole('button', { name: 'Enter an aggregator' }).click()
    await main.getByRole('link', { name: /Private key.*belongs to another/ }).waitFor()
    await main.getByLabel('Private key (PEM)').fill(pair.privateKey)
    await main.getByRole('button', { name: 'Enter an aggregator' }).click()

    await main.getByRole('heading', { name: 'IPAWS-OPEN' }).waitFor()
    await main.getByText('IPAWSOPEN120075').waitFor()
    expect(await main.getByLabel('Private key (PEM)').inputValue()).toBe('')
    await main.getByRole('button', { name: 'Check the connection' }).click()
    await main.getByText('It answers, and knows our signature.').waitFor()
    expect([aggregator.checks, aggregator.posts]).toEqual([1, []])
    aggregator.trusted = other.certificate
    await main.getByRole('button', { name: 'Check the connection' }).click()
    await main.getByText('It was not reached.').waitFor()
    await main.getByText('wsse:InvalidSecurity').waitFor()
    aggregator.trusted = pair.certificate

    // A real dispatcher posts it, beside the texts.
    aggregator.items = TAKEN.map(item =>
      item[0] === 'EAS' ? (['EAS', '511', 'Y', 'cog-not-permitted'] as const) : item,
    )
    tocsin.startDispatcher()
    await tocsin.startCarriers([{ name: 'North', segmentsPerSecond: 100, window: 50, binds: 1 }])
    const draft = floodAlert()
    const id = await sendDraft(tocsin, {
      ...draft,
      code: ['IPAWSv1.0'],
      info: draft.info.map(block => ({
        ...block,
        eventCode: [{ valueName: 'SAME', value: 'FFW' }],
        area: [{ areaDesc: 'The valley', polygon: [VALLEY] }],
      })),
    })
    await aggregator.until('the post', () => aggregator.posts.length === 1, 30_000)
    expect(aggregator.posts[0]!.message.identifier).toBe(id)
    const channels = main.getByRole('table').filter({ hasText: 'Channel' })
    await channels.getByRole('row', { name: /EAS ✗ Error 511 cog-not-permitted/ }).waitFor()
    await channels.getByRole('row', { name: /CMAS ✓ No error 600 Ack/ }).waitFor()
    await page.reload()
    await main.getByText('Taken in part').waitFor()
    await main.getByText('Refused by channels').waitFor()
    expect(await findings(page)).toEqual([])
    await page.setViewportSize({ width: 390, height: 844 })
    expect([await findings(page), await tooWide(page)]).toEqual([[], []])
    await page.setViewportSize({ width: 1440, height: 900 })
    await page.goto(`${consoleUrl(tocsin)}live/alerts/${id}`)
    await page.getByText('An aggregator, or some of its channels, refused it').waitFor()
    // The browser's own word for the key that was refused.
    expect(complaints).toEqual([expect.stringContaining('422')])

    const spanish = await takeSeat(browser, { locale: 'es-US' })
    await spanish.page.addInitScript(await keptSession(tocsin.url, ADMINISTRATOR))
    await spanish.page.goto(`${consoleUrl(tocsin)}live/settings/subscribers`)
    await spanish.page.getByRole('link', { name: 'IPAWS-OPEN' }).click()
    await spanish.page.getByText('Último resultado de cada canal').waitFor()
    await spanish.page.getByText('Tomado en parte').waitFor()
    expect(spanish.complaints).toEqual([])
  },
)
