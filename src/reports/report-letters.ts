/** Reports as letters: what stands in the text, for whoever reads it on a phone, and the whole beside it. */
import type { Tally } from './progress.ts'
import type { Sheet } from './sheet.ts'
import type { StatisticsReport } from './statistics.ts'
import { figuresIn } from './figures.ts'
import { fill, type ReportLanguage, wordsIn } from './words.ts'

export interface ReportLetter {
  /** One line. */
  readonly subject: string
  readonly body: string
}

interface Told {
  readonly organisation: string
  /** Where all of it is to be read. */
  readonly url: string
}

/** Of rows of one kind; the rest stands on the page. */
const MOST_ROWS = 20

export function statisticsLetter(
  statistics: StatisticsReport,
  period: {
    readonly every: 'week' | 'month'
    readonly since: Date
    readonly until: Date
    readonly statuses: readonly string[]
  },
  language: ReportLanguage,
  { organisation, url }: Told,
): ReportLetter {
  const words = wordsIn(language)
  const { mail } = words
  const named: Readonly<Record<string, string | undefined>> = words.cap.status
  const { timeZone, total, byEvent, byArea, byCarrier, optOutSpikes } = statistics
  const { count, countOf } = figuresIn(language, timeZone, words)
  const date = new Intl.DateTimeFormat(language, { timeZone, dateStyle: 'long' })
  const since = date.format(period.since)
  const until = date.format(period.until)
  const of = (n: number) => countOf(n, total.recipients)
  const row = (name: string, counts: StatisticsReport['total']) =>
    fill(mail.row, {
      name,
      alerts: count(counts.alerts),
      recipients: count(counts.recipients),
      confirmed: count(counts.delivered),
      answered: count(counts.replied),
    })
  const figures: readonly (readonly [string, string])[] = [
    [mail.alerts, count(total.alerts)],
    [mail.addressed, count(total.recipients)],
    [mail.confirmed, of(total.delivered)],
    [mail.unconfirmed, of(total.unconfirmed)],
    [mail.failed, of(total.failed)],
    [mail.unknown, of(total.unknown)],
    [mail.answered, of(total.replied)],
    [mail.optedOut, count(total.optedOut)],
  ]
  const counted = total.alerts === 0 ? mail.none : figures.map(pair => pair.join(': ')).join('\n')
  const statuses = period.statuses.map(status => named[status] ?? status)
  return {
    subject: fill(mail.statistics[period.every], { since }),
    body: paragraphs([
      fill(mail.period, { since, until, statuses: statuses.join(', ') }),
      counted,
      listed(
        mail.byEvent,
        byEvent.map(({ event, ...counts }) => row(event, counts)),
      ),
      listed(
        mail.byArea,
        byArea.map(({ areaDesc, ...counts }) => row(areaDesc ?? words.reach.throughGroups, counts)),
      ),
      listed(
        mail.byCarrier,
        byCarrier.map(({ name, delivered, unconfirmed, failed }) =>
          fill(mail.carrierRow, {
            name,
            confirmed: count(delivered),
            unconfirmed: count(unconfirmed),
            failed: count(failed),
          }),
        ),
      ),
      listed(
        mail.spikes,
        optOutSpikes.map(({ day, optOuts, usual }) =>
          fill(mail.spike, { day, count: count(optOuts), usual: count(usual) }),
        ),
      ),
      fill(mail.read, { url }),
      fill(mail.why, { organisation }),
    ]),
  }
}

/** @param sheet in the letter's language */
export function acknowledgementLetter(
  sheet: Sheet,
  { recipients, replied, byOption, other, noReply }: Tally,
  language: ReportLanguage,
  { organisation, url }: Told,
): ReportLetter {
  const words = wordsIn(language)
  const { mail, answers } = words
  const { count, countOf } = figuresIn(language, 'UTC', words)
  const { kicker, title, warnings, facts, sections } = sheet
  const [sentence] = (sections[0]?.parts ?? []).flatMap(part =>
    part.is === 'paragraph' ? [part.text] : [],
  )
  const answered = [
    ...byOption.map(option => [option.label, option.count] as const),
    [answers.other, other] as const,
    [answers.noReply, noReply] as const,
  ]
  return {
    subject: `${kicker}: ${title}`.replaceAll(/[\s\p{Cc}]+/gu, ' '),
    body: paragraphs([
      ...warnings,
      sentence,
      listed(
        `${answers.title} (${count(replied)})`,
        answered.map(([label, n]) => `${label}: ${countOf(n, recipients)}`),
      ),
      facts.map(({ term, value }) => `${term}: ${value}`).join('\n'),
      mail.attached,
      fill(mail.read, { url }),
      fill(mail.why, { organisation }),
    ]),
  }
}

function listed(title: string, rows: readonly string[]): string | undefined {
  if (rows.length === 0) return undefined
  return [`${title}:`, ...rows.slice(0, MOST_ROWS).map(row => `- ${row}`)].join('\n')
}

function paragraphs(parts: readonly (string | undefined)[]): string {
  return `${parts.flatMap(part => part ?? []).join('\n\n')}\n`
}
