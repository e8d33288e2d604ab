/** The sections on what was said, by whom, and when. */
import type { Part, Section } from './sheet.ts'
import type { Telling } from './sheet-of.ts'
import { toldMoments } from './told-moments.ts'
import { detailOf, fill } from './words.ts'

export function storySections(telling: Telling): Section[] {
  return [texts(telling), timeline(telling), signatures(telling), ...notes(telling)]
}

function texts({ report, words, figures }: Telling): Section {
  const { texts: said } = words
  return {
    id: 'texts',
    title: said.title,
    parts: report.texts.map(({ language, sms, recipients, segments }) => ({
      is: 'quote',
      language,
      text: sms,
      meta: fill(said.meta, {
        language,
        recipients: figures.count(recipients),
        segments: figures.count(segments),
      }),
    })),
  }
}

function timeline({ report, words, figures, timeZone }: Telling): Section {
  const { timeline: said } = words
  const events: Readonly<Record<string, string | undefined>> = said.events
  const after = (seconds: number) =>
    seconds === 0 ? fill(words.units.s, { n: '0' }) : figures.duration(seconds)
  const table: Part = {
    is: 'table',
    caption: fill(said.caption, { timeZone }),
    columns: [
      { title: said.at, holds: 'words', width: 1.7 },
      { title: said.after, holds: 'numbers', width: 0.9 },
      { title: said.what, holds: 'words', width: 3 },
      { title: said.who, holds: 'words', width: 1.5 },
    ],
    rows: toldMoments(report.timeline).map((moment, i, shown) => [
      figures.timeOfDay(moment.at, shown[i - 1]?.at),
      moment.afterSeconds === null ? '' : `+ ${after(moment.afterSeconds)}`,
      [events[moment.event] ?? moment.event, detailOf(moment, words, figures.count)]
        .filter(Boolean)
        .join(': '),
      moment.operatorName ?? (moment.operatorId === null ? words.system : words.unnamed),
    ]),
  }
  return { id: 'timeline', title: said.title, parts: [table] }
}

function signatures({ signers, words, figures }: Telling): Section {
  const { signatures: said } = words
  const parts: Part[] =
    signers.length === 0
      ? [{ is: 'paragraph', text: said.none }]
      : [
          {
            is: 'table',
            caption: said.caption,
            columns: [
              { title: said.who, holds: 'words', width: 1.5 },
              { title: said.role, holds: 'words' },
              { title: said.at, holds: 'words', width: 2 },
              { title: said.key, holds: 'words', width: 3 },
            ],
            rows: signers.map(({ name, role, kid, at }) => [
              name ?? words.unnamed,
              said[role],
              figures.moment(at.toISOString()),
              kid,
            ]),
          },
        ]
  return { id: 'signatures', title: said.title, parts }
}

/** None where nobody has written any. */
function notes({ alert, report, words, figures }: Telling): Section[] {
  const { notes: said } = words
  const written = report.timeline.filter(({ event }) => event === 'noted')
  const own = alert.draft.note
  const parts: Part[] = [
    ...(own === undefined ? [] : [{ is: 'paragraph' as const, text: own }]),
    ...written.map(({ at, operatorName, detail }): Part => ({
      is: 'quote',
      language: '',
      text: detail ?? '',
      meta: `${operatorName ?? words.unnamed}, ${figures.moment(at)}`,
    })),
  ]
  return parts.length === 0 ? [] : [{ id: 'notes', title: said.title, parts }]
}
