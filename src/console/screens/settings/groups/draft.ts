/** A group as its form has it: one member a kind, of which the chosen one is sent. */
import type { Outline } from '../../../lib/outline.ts'
import type { Group } from '../../../lib/setting-types.ts'
import type { Geocode } from '../../../parts/GeocodeInput.tsx'
import { type GroupKind, kindOf } from './use-groups.ts'

export const OPERATIONS = ['union', 'intersection', 'difference'] as const
type Operation = (typeof OPERATIONS)[number]

export interface Circle {
  readonly latitude: number | null
  readonly longitude: number | null
  readonly radiusKm: number | null
}

export interface GroupDraft {
  readonly kind: GroupKind
  readonly name: string
  readonly description: string | null
  readonly area: {
    readonly areaDesc: string | null
    readonly outline: Outline | null
    readonly circle: readonly Circle[]
    readonly geocode: readonly Geocode[] | null
    readonly combine: 'union' | 'intersection'
  }
  readonly rule: {
    readonly language: string | null
    readonly externalIdPrefix: string | null
    readonly label: string | null
    readonly consent: string | null
    readonly hasEmail: boolean
  }
  readonly operation: Operation
  readonly operands: readonly string[]
  /** Of one with groups in groups, which rows do not show. */
  readonly expression: object | null
}

export const FRESH: GroupDraft = {
  kind: 'area',
  name: '',
  description: null,
  area: { areaDesc: null, outline: null, circle: [], geocode: null, combine: 'union' },
  rule: { language: null, externalIdPrefix: null, label: null, consent: null, hasEmail: false },
  operation: 'union',
  operands: [],
  expression: null,
}

export function draftOf(group: Group): GroupDraft {
  const { name, description, area, rule, expression } = group
  const flat = flatOf(expression)
  return {
    ...FRESH,
    kind: kindOf(group),
    name,
    description,
    ...(area && {
      area: {
        areaDesc: area.areaDesc,
        outline: outlineOf(area.polygon ?? []),
        circle: (area.circle ?? []).map(({ center: [longitude, latitude], radiusKm }) => ({
          latitude,
          longitude,
          radiusKm,
        })),
        geocode: area.geocode ?? null,
        combine: area.combine ?? 'union',
      },
    }),
    ...(rule && { rule: { ...FRESH.rule, ...withoutUndefined(rule) } }),
    ...(flat ?? { expression }),
  }
}

const withoutUndefined = (given: object) =>
  Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))

/** As the API takes it, the parts of its kind alone. */
export function bodyOf({ kind, name, description, area, rule, ...rest }: GroupDraft) {
  const { operation, operands, expression } = rest
  return {
    name,
    description,
    ...(kind === 'area' && { area: areaOf(area, name) }),
    ...(kind === 'rule' && { rule: ruleOf(rule) }),
    ...(kind === 'expression' && { expression: expression ?? { [operation]: operands } }),
  }
}

function areaOf({ areaDesc, outline, circle, geocode, combine }: GroupDraft['area'], name: string) {
  return {
    areaDesc: areaDesc ?? name,
    ...(outline && { polygon: [outline] }),
    ...(circle.length > 0 && {
      circle: circle.map(({ latitude, longitude, radiusKm }) => ({
        center: [longitude, latitude],
        radiusKm,
      })),
    }),
    ...(geocode && { geocode }),
    ...(combine === 'intersection' && { combine }),
  }
}

const ruleOf = ({ hasEmail, ...texts }: GroupDraft['rule']) => ({
  ...Object.fromEntries(Object.entries(texts).filter(([, value]) => value !== null)),
  ...(hasEmail && { hasEmail }),
})

function outlineOf(polygons: readonly object[]): Outline | null {
  const outlines = polygons as readonly Outline[]
  const [first] = outlines
  if (first === undefined) return null
  if (outlines.length === 1) return first
  const coordinates = outlines.flatMap(outline =>
    outline.type === 'Polygon' ? [outline.coordinates] : outline.coordinates,
  )
  return { type: 'MultiPolygon', coordinates }
}

/** Of groups alone, as rows show it; undefined where there are expressions in it. */
function flatOf(expression: unknown): Pick<GroupDraft, 'operation' | 'operands'> | undefined {
  const [[operation, operands] = ['', undefined]] = Object.entries(expression ?? {})
  const isFlat = Array.isArray(operands) && operands.every(one => typeof one === 'string')
  const found = OPERATIONS.find(one => one === operation)
  return isFlat && found ? { operation: found, operands } : undefined
}

/** Where the API's member is none of the form's. */
export const pointerOf = (pointer: string, { operation }: GroupDraft): string =>
  pointer
    .replace(/^\/area\/polygon(\/.*)?$/, '/area/outline')
    .replace(/^\/area\/circle\/(\d+)\/center.*$/, '/area/circle/$1/latitude')
    .replace(new RegExp(`^/expression/${operation}`), '/operands')
