import { withoutHoles } from '../geometry/holes.ts'
import { shapeOf } from '../geometry/shape.ts'
import type { Area } from './area.ts'
import type { AlertContent } from './content.ts'
import {
  type CapArea,
  type CapInfo,
  type CapMessage,
  type CapReference,
  capTime,
  ORIGIN_PARAMETER,
  SMS_PARAMETER,
  writeReference,
} from './message.ts'
import { withinParameters } from './within.ts'

/**
 * Signed content as a CAP message: `identifier` is the id, `sender` the organisation's, and each block carries its
 * text message, exactly as it is sent, as the parameter `tocsin:sms` (API.md). CAP has no holes: a polygon that
 * has some is written as several that cover the same ground. Nor has it intersections: `within.ts`.
 *
 * @param facts what stands beside the content: when it was submitted, which messages of ours it follows, and the
 *   status under which it may be shown
 */
export function messageOf(
  content: AlertContent,
  facts: {
    readonly sent: Date
    readonly references: readonly CapReference[]
    readonly status: CapMessage['status']
  },
): CapMessage {
  const { id, sender, msgType, source, scope, restriction, addresses, code, note } = content
  const { foreignReferences = [], incidents } = content
  return {
    identifier: id,
    sender,
    sent: capTime(facts.sent.toISOString()),
    status: facts.status,
    msgType,
    ...(source !== undefined && { source }),
    scope,
    ...(restriction !== undefined && { restriction }),
    ...(addresses !== undefined && { addresses }),
    code: code ?? [],
    ...(note !== undefined && { note }),
    references: [...facts.references, ...foreignReferences.map(inCapTime)],
    ...(incidents !== undefined && { incidents }),
    info: content.info.map((_block, no) => infoOf(content, no)),
  }
}

function infoOf(content: AlertContent, no: number): CapInfo {
  const { origin, areas } = content
  const { area, effective, onset, expires, ...block } = content.info[no]!
  const sms = content.texts[no]?.sms ?? ''
  return {
    ...block,
    eventCode: block.eventCode ?? [],
    ...(effective !== undefined && { effective: exportedTime(effective) }),
    ...(onset !== undefined && { onset: exportedTime(onset) }),
    ...(expires !== undefined && { expires: exportedTime(expires) }),
    parameter: [
      ...(block.parameter ?? []),
      ...(sms === '' ? [] : [{ valueName: SMS_PARAMETER, value: sms }]),
      ...(origin === undefined
        ? []
        : [{ valueName: ORIGIN_PARAMETER, value: writeReference(inCapTime(origin)) }]),
      ...withinParameters(area.map(({ areaNo }) => areas[areaNo]!)),
    ],
    resource: block.resource ?? [],
    area: area.map(({ areaDesc, areaNo }) => areaOf(areaDesc, areas[areaNo]!)),
  }
}

function areaOf(areaDesc: string, area: Area): CapArea {
  const { polygon, circle, geocode, combine, altitude, ceiling } = area
  const { polygons, circles } = shapeOf(polygon ?? [], circle ?? [])
  return {
    areaDesc,
    polygon: polygons.flatMap(withoutHoles),
    circle: circles.map(({ center: [longitude, latitude], radiusKm }) => ({
      center: [longitude, latitude],
      radiusKm,
    })),
    geocode: combine === 'intersection' ? [] : (geocode ?? []),
    ...(altitude !== undefined && { altitude }),
    ...(ceiling !== undefined && { ceiling }),
  }
}

function inCapTime(reference: CapReference): CapReference {
  return { ...reference, sent: exportedTime(reference.sent) }
}

/** XML Schema knows no offset past 14 hours (XSD 1.0 part 2 §3.2.7.3), RFC 3339 any. */
function exportedTime(time: string): string {
  const hours = Number(/[-+](\d\d):\d\d$/.exec(time)?.[1] ?? 0)
  return capTime(hours < 14 ? time : new Date(time).toISOString())
}
