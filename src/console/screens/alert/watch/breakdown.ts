/** The rows of the tables by area, group and language. */
import { outsideAreas } from '../../../../reports/outside-areas.ts'
import type { Alert, Outcomes, Tally } from '../../../lib/types.ts'

export interface Row {
  readonly name: string
  readonly phones: number
  /** Undefined: not counted for this kind of row, or not yet. */
  readonly delivered: number | undefined
  readonly submitted: number
  readonly failed: number
  readonly replied: number | undefined
  readonly help: number | undefined
}

type Counted = Tally['byArea'][number] | Tally['byGroup'][number]

function urgentCodes(options: Alert['replies']['options']): ReadonlySet<string> {
  return new Set(options.filter(({ urgent }) => urgent).map(({ code }) => code))
}

function helpIn({ byOption }: Pick<Counted, 'byOption'>, urgent: ReadonlySet<string>): number {
  return byOption.reduce((sum, { code, count }) => sum + (urgent.has(code) ? count : 0), 0)
}

/** In the order that was signed, then whoever no area holds. */
export function rowsByArea(
  tally: Tally,
  reach: Outcomes['reach']['byArea'] | undefined,
  options: Alert['replies']['options'],
  outside: string,
): Row[] {
  const urgent = urgentCodes(options)
  const rows = tally.byArea.map((area, no): Row => {
    const found = reach?.[no]
    return {
      name: area.areaDesc,
      phones: area.recipients,
      delivered: found?.confirmed,
      submitted: found === undefined ? 0 : found.unknown,
      failed: found?.failed ?? 0,
      replied: area.replied,
      help: helpIn(area, urgent),
    }
  })
  // While they are being laid out, the areas' numbers lag behind the alert's: the reach says whether there are any.
  const found = reach?.slice(rows.length).find(({ recipients }) => recipients > 0)
  const others = outsideAreas(tally)
  if (found === undefined || others === undefined) return rows
  return [
    ...rows,
    {
      name: outside,
      phones: others.recipients,
      delivered: found.confirmed,
      submitted: found.unknown,
      failed: found.failed,
      replied: others.replied,
      help: helpIn(others, urgent),
    },
  ]
}

export function rowsByGroup(tally: Tally, options: Alert['replies']['options']): Row[] {
  const urgent = urgentCodes(options)
  return tally.byGroup.map(group => ({
    name: group.name,
    phones: group.recipients,
    delivered: undefined,
    submitted: 0,
    failed: 0,
    replied: group.replied,
    help: helpIn(group, urgent),
  }))
}

export function rowsByLanguage(
  texts: Outcomes['texts'] | undefined,
  nameOf: (tag: string) => string,
): Row[] {
  const phones = new Map<string, number>()
  for (const { language, recipients } of texts ?? []) {
    phones.set(language, (phones.get(language) ?? 0) + recipients)
  }
  return [...phones].map(([language, recipients]) => ({
    name: nameOf(language),
    phones: recipients,
    delivered: undefined,
    submitted: 0,
    failed: 0,
    replied: undefined,
    help: undefined,
  }))
}

export type Column = 'name' | 'phones' | 'delivered' | 'replied' | 'help'

/** Names ascend; of counts the greatest comes first, and what has none last. */
export function sorted(rows: readonly Row[], by: Column | undefined): readonly Row[] {
  if (by === undefined) return rows
  if (by === 'name') return rows.toSorted((a, b) => a.name.localeCompare(b.name))
  const share = (row: Row) => {
    const value = row[by]
    if (value === undefined) return -1
    return by === 'delivered' || by === 'replied' ? value / Math.max(1, row.phones) : value
  }
  return rows.toSorted((a, b) => share(b) - share(a))
}
