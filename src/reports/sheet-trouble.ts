/** The sections on what did not arrive, and on what the carriers did. */
import type { EarlierAlert } from '../store/statistics.ts'
import type { Part, Section } from './sheet.ts'
import type { Telling } from './sheet-of.ts'
import { alarmHead, fill } from './words.ts'

/** What is rarer is summed up. */
const MOST_ROWS = 25

export function troubleSections(telling: Telling): Section[] {
  if (telling.report.reach.total.recipients === 0) return []
  return [trouble(telling), plan(telling), earlier(telling)]
}

function trouble({ report, words, figures }: Telling): Section {
  const { trouble: said } = words
  const { causes, progress, reach } = report
  const { count } = figures
  const names = new Map(reach.byCarrier.map(({ carrierId, name }) => [carrierId, name]))
  const parts: Part[] = []
  if (causes.length === 0) parts.push({ is: 'paragraph', text: said.none })
  else {
    parts.push({
      is: 'table',
      caption: said.caption,
      columns: [
        { title: said.cause, holds: 'words', width: 3 },
        { title: said.code, holds: 'words', width: 1.6 },
        { title: said.carrier, holds: 'words', width: 1.4 },
        { title: said.people, holds: 'numbers' },
      ],
      rows: causes
        .slice(0, MOST_ROWS)
        .map(({ cause, reason, carrierId, recipients }) => [
          words.causes[cause],
          reason ?? '–',
          (carrierId === null ? undefined : names.get(carrierId)) ?? '–',
          count(recipients),
        ]),
    })
  }
  const rest = causes.slice(MOST_ROWS)
  if (rest.length > 0) {
    const more = rest.reduce((sum, { recipients }) => sum + recipients, 0)
    const text = fill(said.more, { count: count(more), causes: count(rest.length) })
    parts.push({ is: 'paragraph', text })
  }
  if (progress.possibleDuplicates > 0) {
    const text = fill(said.duplicates, { count: count(progress.possibleDuplicates) })
    parts.push({ is: 'paragraph', text })
  }
  if (progress.alarms.length > 0) {
    parts.push({
      is: 'table',
      caption: said.alarms,
      columns: [
        { title: words.timeline.at, holds: 'words', width: 1.6 },
        { title: words.timeline.what, holds: 'words', width: 4 },
      ],
      rows: progress.alarms.map(({ since, code, detail }) => [
        figures.moment(since),
        `${alarmHead(code, said.alarmHeads)}: ${detail}`,
      ]),
    })
  }
  return { id: 'trouble', title: said.title, parts }
}

function plan({ report, words, figures }: Telling): Section {
  const { plan: said } = words
  const { plan: planned, reach } = report
  const { count, duration } = figures
  const carriers = reach.byCarrier.filter(({ carrierId }) => carrierId !== null)
  const idle = planned.byCarrier.filter(
    ({ carrierId, recipients }) =>
      recipients > 0 && !carriers.some(one => one.carrierId === carrierId),
  )
  const forecast = (carrierId: string | null) =>
    planned.byCarrier.find(one => one.carrierId === carrierId)?.recipients
  const rows = [
    ...carriers.map(one => ({ ...one, planned: forecast(one.carrierId) })),
    ...idle.map(({ name, recipients }) => ({
      name,
      planned: recipients,
      taken: 0,
      confirmed: 0,
      failed: 0,
    })),
  ]
  const parts: Part[] = [
    {
      is: 'table',
      caption: said.caption,
      columns: [
        { title: words.reach.carrier, holds: 'words', width: 2.4 },
        { title: said.planned, holds: 'numbers' },
        { title: said.taken, holds: 'numbers' },
        { title: said.confirmed, holds: 'numbers' },
        { title: said.failed, holds: 'numbers' },
      ],
      rows: rows.map(one => [
        one.name ?? words.unnamed,
        one.planned === undefined ? '–' : count(one.planned),
        ...[one.taken, one.confirmed, one.failed].map(count),
      ]),
    },
  ]
  if (planned.tookSeconds !== null) {
    const text =
      planned.seconds === null
        ? said.noPlan
        : fill(said.took, {
            took: duration(planned.tookSeconds),
            planned: duration(planned.seconds),
          })
    parts.push({ is: 'paragraph', text })
  }
  return { id: 'plan', title: said.title, parts }
}

function earlier({ alert, report, words, figures }: Telling): Section {
  const { earlier: said, glance, answers } = words
  const { progress, tally, plan: own } = report
  const { count, share, duration } = figures
  const row = (
    name: string,
    status: EarlierAlert['status'],
    one: { recipients: number; delivered: number; failed: number; replied: number },
    seconds: number | null,
  ) => [
    name,
    words.cap.status[status],
    count(one.recipients),
    ...[one.delivered, one.failed, one.replied].map(n => share(n, one.recipients)),
    duration(seconds),
  ]
  const table: Part = {
    is: 'table',
    caption: said.caption,
    columns: [
      { title: words.facts.dispatched, holds: 'words', width: 2.4 },
      { title: words.facts.status, holds: 'words' },
      { title: answers.addressed, holds: 'numbers' },
      { title: words.plan.confirmed, holds: 'numbers' },
      { title: glance.failed, holds: 'numbers' },
      { title: glance.answered, holds: 'numbers' },
      { title: said.took, holds: 'numbers' },
    ],
    rows: [
      row(said.thisOne, alert.status, { ...progress, replied: tally.replied }, own.tookSeconds),
      ...report.earlier.map(one =>
        row(figures.moment(one.dispatchedAt), one.status, one, one.tookSeconds),
      ),
    ],
  }
  return { id: 'earlier', title: said.title, parts: report.earlier.length === 0 ? [] : [table] }
}
