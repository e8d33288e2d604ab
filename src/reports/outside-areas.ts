interface Answered {
  readonly recipients: number
  readonly replied: number
}

/** What those answered whom no area holds: they were reached through groups. Undefined where there are none. */
export function outsideAreas<Option extends { readonly count: number }>({
  recipients,
  replied,
  byOption,
  byArea,
}: Answered & {
  readonly byOption: readonly Option[]
  readonly byArea: readonly (Answered & { readonly byOption: readonly Option[] })[]
}) {
  const without = (all: number, inArea: (area: (typeof byArea)[number]) => number) =>
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
