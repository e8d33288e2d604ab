import type { Tally } from './types.ts'

/** What those answered whom no area holds: they were reached through groups. Undefined where there are none. */
export function outsideAreas({
  recipients,
  replied,
  byOption,
  byArea,
}: Pick<Tally, 'recipients' | 'replied' | 'byOption' | 'byArea'>) {
  const without = (all: number, inArea: (area: Tally['byArea'][number]) => number) =>
    byArea.reduce((rest, area) => rest - inArea(area), all)
  const outside = without(recipients, area => area.recipients)
  if (outside <= 0) return undefined
  return {
    recipients: outside,
    replied: without(replied, area => area.replied),
    byOption: byOption.map((option, no) => ({
      ...option,
      count: without(option.count, area => area.byOption[no]?.count ?? 0),
    })),
  }
}
