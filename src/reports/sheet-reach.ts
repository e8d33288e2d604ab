/** The sections on how far and how fast, on what people answered, and on where they were. */
import { drawCurve } from './curve-drawing.ts'
import { drawMap } from './map-drawing.ts'
import type { Reach } from './outcomes.ts'
import { outsideAreas } from './outside-areas.ts'
import type { Bar, Column, Part, Section } from './sheet.ts'
import type { Telling } from './sheet-of.ts'
import { fill } from './words.ts'

export function reachSections(telling: Telling): Section[] {
  if (telling.report.reach.total.recipients === 0) return []
  return [reach(telling), speed(telling), answers(telling), where(telling)]
}

function reach({ report, words, figures }: Telling): Section {
  const { reach: said, glance } = words
  const { total, byArea, byCarrier } = report.reach
  const { count, countOf, share } = figures
  const bar = (label: string, n: number): Bar => ({
    label,
    value: countOf(n, total.recipients),
    share: n / total.recipients,
  })
  const columns = (first: string): Column[] => [
    { title: first, holds: 'words', width: 2.4 },
    { title: words.answers.addressed, holds: 'numbers' },
    { title: words.plan.taken, holds: 'numbers' },
    { title: words.plan.confirmed, holds: 'numbers' },
    { title: glance.answered, holds: 'numbers' },
    { title: glance.reached, holds: 'numbers', width: 1.2 },
    { title: glance.unknown, holds: 'numbers' },
    { title: glance.failed, holds: 'numbers' },
    { title: glance.notSent, holds: 'numbers' },
  ]
  const row = (name: string, one: Reach) => [
    name,
    ...[one.recipients, one.taken, one.confirmed, one.answered].map(count),
    share(one.reached, one.recipients),
    ...[one.unknown, one.failed, one.notSent].map(count),
  ]
  const parts: Part[] = [
    {
      is: 'bars',
      caption: said.caption,
      bars: [
        { label: said.inArea, value: said.inAreaUnknown, share: undefined },
        { label: said.recipients, value: count(total.recipients), share: 1 },
        bar(said.attempted, total.attempted),
        bar(said.taken, total.taken),
        bar(said.confirmed, total.confirmed),
        bar(said.answered, total.answered),
      ],
    },
    { is: 'paragraph', text: said.denominator },
    {
      is: 'table',
      caption: said.byArea,
      columns: columns(said.area),
      rows: [
        ...byArea.map(one => row(one.areaDesc ?? said.throughGroups, one)),
        row(said.total, total),
      ],
    },
    ...(byArea.length > 1 ? [{ is: 'paragraph' as const, text: said.firstArea }] : []),
    {
      is: 'table',
      caption: said.byCarrier,
      columns: columns(said.carrier),
      rows: byCarrier.map(one => row(one.name ?? said.noCarrier, one)),
    },
  ]
  return { id: 'reach', title: said.title, parts }
}

function speed({ report, words, figures }: Telling): Section {
  const { speed: said } = words
  const { submitted, delivered, answered } = report.timesTo
  const { duration, count } = figures
  const last = report.curve.at(-1)
  const parts: Part[] = [
    {
      is: 'table',
      caption: said.to,
      columns: [
        { title: '', holds: 'words', width: 2 },
        { title: said.half, holds: 'numbers' },
        { title: said.ninety, holds: 'numbers' },
        { title: said.ninetyNine, holds: 'numbers' },
      ],
      rows: [
        [said.submitted, submitted] as const,
        [said.delivered, delivered] as const,
        [said.answered, answered] as const,
      ].map(([name, { half, ninety, ninetyNine }]) => [
        name,
        ...[half, ninety, ninetyNine].map(duration),
      ]),
    },
  ]
  if (last !== undefined) {
    parts.unshift({
      is: 'drawing',
      caption: said.curve,
      description: fill(said.curveText, {
        seconds: duration(last.seconds),
        submitted: count(last.submitted),
        delivered: count(last.delivered),
        answered: count(last.answered),
      }),
      drawing: drawCurve(report.curve, report.reach.total.recipients, figures, words),
    })
  }
  return { id: 'speed', title: said.title, parts }
}

function answers({ report, words, figures }: Telling): Section {
  const { answers: said } = words
  const { tally } = report
  const { count, share } = figures
  const row = (name: string, n: number) => [name, count(n), share(n, tally.recipients)]
  const parts: Part[] = [
    {
      is: 'table',
      caption: said.caption,
      columns: [
        { title: said.answer, holds: 'words', width: 3 },
        { title: said.people, holds: 'numbers' },
        { title: said.share, holds: 'numbers' },
      ],
      rows: [
        ...tally.byOption.map(({ code, label, count: n }) => row(`${code} ${label}`, n)),
        row(said.other, tally.other),
        row(said.noReply, tally.noReply),
      ],
    },
  ]
  const spread = (
    caption: string,
    first: string,
    rows: readonly {
      name: string
      recipients: number
      replied: number
      byOption: { count: number }[]
    }[],
  ) => {
    if (rows.length === 0) return
    parts.push({
      is: 'table',
      caption,
      columns: [
        { title: first, holds: 'words', width: 2.4 },
        { title: said.addressed, holds: 'numbers' },
        { title: words.glance.answered, holds: 'numbers' },
        ...tally.byOption.map(({ label }): Column => ({ title: label, holds: 'numbers' })),
      ],
      rows: rows.map(({ name, recipients, replied, byOption }) => [
        name,
        ...[recipients, replied, ...byOption.map(option => option.count)].map(count),
      ]),
    })
  }
  const named = <T extends { byOption: readonly { count: number }[] }>(one: T, name: string) => ({
    ...one,
    name,
    byOption: [...one.byOption],
  })
  const hasOthers = report.reach.byArea.some(
    ({ areaDesc, recipients }) => areaDesc === null && recipients > 0,
  )
  const outside = hasOthers ? outsideAreas(tally) : undefined
  const byArea = [
    ...tally.byArea.map(one => named(one, one.areaDesc)),
    ...(outside === undefined ? [] : [named(outside, words.reach.throughGroups)]),
  ]
  if (byArea.length > 1) spread(said.byArea, words.reach.area, byArea)
  spread(
    said.byGroup,
    said.group,
    tally.byGroup.map(one => named(one, one.name)),
  )
  const { open, taken, closed } = tally.requests
  const asked = open + taken + closed
  if (asked > 0) {
    const by = {
      asked: count(asked),
      open: count(open),
      taken: count(taken),
      closed: count(closed),
    }
    parts.push({ is: 'paragraph', text: fill(said.requests, by) })
  }
  parts.push({ is: 'paragraph', text: fill(said.optedOut, { count: count(tally.optedOut) }) })
  return { id: 'answers', title: said.title, parts }
}

/** More numbers than this would stand on each other. */
const MOST_NUMBERS = 40

function where({ report, words, figures, areas }: Telling): Section {
  const { map: said } = words
  const { byArea } = report.reach
  const tallies = byArea.filter(({ areaDesc }) => areaDesc !== null)
  const labels = areas.map((_area, no) => {
    const { reached = 0, recipients = 0 } = tallies[no] ?? {}
    return { number: String(no + 1), tally: figures.share(reached, recipients) }
  })
  const drawing = drawMap(areas, areas.length > MOST_NUMBERS ? [] : labels)
  if (drawing === undefined) {
    const parts: Part[] = [{ is: 'paragraph', text: said.none }]
    return { id: 'where', title: said.title, parts }
  }
  const told = areas.map(({ areaDesc }, no) => {
    const one = tallies[no]
    const recipients = one?.recipients ?? 0
    return [
      `${no + 1}. ${areaDesc}`,
      figures.count(recipients),
      figures.share(one?.reached ?? 0, recipients),
      figures.count(one?.answered ?? 0),
    ]
  })
  return {
    id: 'where',
    title: said.title,
    parts: [
      {
        is: 'drawing',
        caption: said.caption,
        description: `${areas.map(({ areaDesc }) => areaDesc).join('; ')}. ${said.source}`,
        drawing,
      },
      {
        is: 'table',
        caption: said.numbers,
        columns: [
          { title: words.reach.area, holds: 'words', width: 3 },
          { title: words.answers.addressed, holds: 'numbers' },
          { title: words.glance.reached, holds: 'numbers' },
          { title: words.glance.answered, holds: 'numbers' },
        ],
        rows: told,
      },
    ],
  }
}
