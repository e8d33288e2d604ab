/**
 * Areas that are meant only where their drawings lie in their geocodes. In CAP an `<area>` is the union of all that it
 * holds (§3.2.4), so such geocodes would tell a reader of more ground than the alert was sent to. They stand in a
 * parameter of the block instead, and the area shows what is drawn: all who were meant are in it.
 */
import { z } from 'zod'
import { geocodeSchema, type Area } from './area.ts'
import { type CapArea, type CapInfo, type CapValue, WITHIN_PARAMETER } from './message.ts'
import { type Found, foundAt } from './message-rules.ts'

const withinSchema = z.strictObject({
  area: z.int().min(1),
  geocode: z.array(geocodeSchema).min(1).max(1000),
})

/** A parameter for each such area of a block. */
export function withinParameters(areas: readonly Area[]): CapValue[] {
  return areas.flatMap(({ combine, geocode }, no) =>
    combine === 'intersection'
      ? [{ valueName: WITHIN_PARAMETER, value: JSON.stringify({ area: no + 1, geocode }) }]
      : [],
  )
}

/** The geocodes in which an area of the block is meant; undefined where it is meant as it stands. */
export function withinOf({ parameter }: CapInfo, areaNo: number): CapValue[] | undefined {
  return readWithin(parameter[withinAt(parameter, areaNo)])?.geocode
}

/** Where the parameter stands that says what an area is meant within; −1 where none does. */
export function withinAt(parameters: readonly CapValue[], areaNo: number): number {
  return parameters.findIndex(one => readWithin(one)?.area === areaNo + 1)
}

export function withinFaults({ parameter, area }: CapInfo, no: number): Found[] {
  const named = new Set<number>()
  return parameter.flatMap((one, at): Found[] => {
    if (one.valueName !== WITHIN_PARAMETER) return []
    const path = `/alert/info[${no + 1}]/parameter[${at + 1}]`
    const within = readWithin(one)
    if (within === undefined) return [foundAt(path, 'within_form')]
    const meant = area[within.area - 1]
    if (meant === undefined) return [foundAt(path, 'within_no_area', { area: within.area })]
    if (named.has(within.area)) return [foundAt(path, 'within_twice', { area: within.area })]
    named.add(within.area)
    return isDrawnAlone(meant) ? [] : [foundAt(path, 'within_undrawn')]
  })
}

function isDrawnAlone({ polygon, circle, geocode }: CapArea): boolean {
  return polygon.length + circle.length > 0 && geocode.length === 0
}

function readWithin(parameter: CapValue | undefined): z.infer<typeof withinSchema> | undefined {
  if (parameter?.valueName !== WITHIN_PARAMETER) return undefined
  try {
    return withinSchema.safeParse(JSON.parse(parameter.value)).data
  } catch {
    return undefined
  }
}
