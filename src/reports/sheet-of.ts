/** Lays a report out as a sheet: what stands where, and how it is said. */
import type { Organisation } from '../store/organisation.ts'
import type { AlertRole } from '../signing/jws.ts'
import { reachSections } from './sheet-reach.ts'
import { storySections } from './sheet-story.ts'
import { troubleSections } from './sheet-trouble.ts'
import { figuresIn, type Figures } from './figures.ts'
import type { MappedArea } from './map-drawing.ts'
import type { ReportedAlert } from './report.ts'
import type { Fact, Part, Section, Sheet, Tone } from './sheet.ts'
import { counted, fill, wordsIn, type ReportLanguage, type ReportWords } from './words.ts'

/** What the sections are written from. */
export interface Telling extends ReportedAlert {
  readonly words: ReportWords
  readonly figures: Figures
  readonly timeZone: string
  readonly areas: readonly MappedArea[]
  readonly signers: readonly Signer[]
}

export interface Signer {
  readonly role: AlertRole
  readonly name: string | undefined
  readonly kid: string
  readonly at: Date
}

/** @param signers whose signatures stand */
export function sheetOf(
  reported: ReportedAlert,
  organisation: Pick<Organisation, 'name' | 'timeZone'>,
  language: ReportLanguage,
  areas: readonly MappedArea[],
  signers: readonly Signer[],
): Sheet {
  const { alert, content, report } = reported
  const { timeZone } = organisation
  const words = wordsIn(language)
  const figures = figuresIn(language, timeZone, words)
  const telling: Telling = { ...reported, words, figures, timeZone, areas, signers }
  const [info] = alert.draft.info
  return {
    language,
    kicker: words.report,
    title: info?.headline ?? info?.event ?? alert.id,
    organisation: organisation.name,
    warnings: [
      ...(alert.status === 'Actual'
        ? []
        : [fill(words.notReal, { status: words.cap.status[alert.status] })]),
      ...(content === undefined && alert.content !== null ? [words.glance.damaged] : []),
      ...aloneWarning(telling),
      ...(alert.dispatchedAt === null ? [words.glance.notDispatched] : []),
    ],
    facts: factsOf(telling),
    sections: [
      glance(telling),
      ...reachSections(telling),
      ...troubleSections(telling),
      ...storySections(telling),
    ],
    footer: fill(words.madeAt, { at: figures.moment(report.madeAt) }),
    pageOf: words.page,
    noFont: words.noFont,
  }
}

function aloneWarning({ report, signers, words }: Telling): string[] {
  if (signers.every(({ role }) => role !== 'breakGlass')) return []
  const { operatorName, detail } =
    report.timeline.findLast(({ event }) => event === 'brokeGlass') ?? {}
  const name = operatorName ?? words.unnamed
  return [fill(words.glance.brokeGlass, { name, reason: detail ?? '' })]
}

function factsOf({ alert, content, words, figures }: Telling): Fact[] {
  const { cap, facts, states } = words
  const [info] = alert.draft.info
  const moment = (at: Date | null) => (at === null ? undefined : figures.moment(at.toISOString()))
  const all: [string, string | undefined][] = [
    [facts.event, info?.event],
    [
      facts.severity,
      info &&
        `${cap.severity[alert.severity]}, ${cap.urgency[info.urgency]}, ${cap.certainty[info.certainty]}`,
    ],
    [facts.state, states[alert.state]],
    [facts.status, `${cap.status[alert.status]}, ${cap.msgType[alert.msgType]}`],
    [facts.sender, content?.sender],
    [facts.dispatched, moment(alert.dispatchedAt)],
    [facts.expires, moment(alert.expires)],
    [facts.recipientsDeleted, moment(alert.recipientsDeletedAt)],
    [facts.identifier, alert.id],
    [facts.digest, alert.contentDigest ?? undefined],
    [facts.follows, alert.references.length === 0 ? undefined : alert.references.join(', ')],
  ]
  return all.flatMap(([term, value]) => (value === undefined ? [] : [{ term, value }]))
}

function glance({ alert, report, words, figures }: Telling): Section {
  const { glance: said } = words
  const { total } = report.reach
  const { count, share } = figures
  const isUrgent = (code: string) =>
    alert.draft.replies.options.some(option => option.code === code && option.urgent)
  const of = (n: number, label: string, tone?: Tone) => ({
    label,
    value: count(n),
    share: share(n, total.recipients),
    ...(n > 0 && tone !== undefined && { tone }),
  })
  const parts: Part[] = [
    {
      is: 'paragraph',
      text: fill(said.sentence, {
        people: counted(said.people, total.recipients, count),
        reached: count(total.reached),
        share: share(total.reached, total.recipients),
        failed: count(total.failed),
        unknown: count(total.unknown),
        notSent: count(total.notSent),
      }),
    },
    {
      is: 'figures',
      figures: [
        { label: said.recipients, value: count(total.recipients) },
        of(total.reached, said.reached, 'good'),
        of(total.unknown, said.unknown),
        of(total.failed, said.failed, 'bad'),
        of(total.notSent, said.notSent),
        of(total.answered, said.answered),
        ...report.tally.byOption.map(({ code, label, count: n }) =>
          of(n, label, isUrgent(code) ? 'urgent' : undefined),
        ),
      ],
    },
  ]
  return { id: 'glance', title: said.title, parts: total.recipients === 0 ? [] : parts }
}
