import { pointerTo, schemaFaults } from '../schema-faults.ts'
import { type AlertDraft, draftSchema } from './alert.ts'
import { given } from './given.ts'
import {
  type CapArea,
  type CapInfo,
  type CapMessage,
  type CapValue,
  ORIGIN_PARAMETER,
  SMS_PARAMETER,
  WITHIN_PARAMETER,
} from './message.ts'
import { type Found, foundAt } from './message-rules.ts'
import { withinAt, withinFaults, withinOf } from './within.ts'

/**
 * A CAP message of somebody else as a draft of ours, and back from a draft's faults to their places in the message.
 *
 * Everything in it is kept, under the names that CAP gives it. Who sent it stands in `origin`, for the alert that
 * goes out is ours; what it follows in `foreignReferences`. The parameter `tocsin:sms` of a block is its text message,
 * `tocsin:within` what its areas are meant within.
 */

/** Clocks differ; an hour is no clock any more. */
const MAX_AHEAD_MS = 3_600_000
/** CAP 1.0 is of 2004: what says that it is older than any computer's clock is a slip. */
const OLDEST = Date.UTC(1970, 0, 1)

/**
 * @param options `roster`: the listed group that a drill reaches
 * @returns a draft that fits its schema where there are no faults
 */
export function draftOf(
  message: CapMessage,
  { roster, now }: { readonly roster: string | undefined; readonly now: Date },
): { draft: AlertDraft | undefined; faults: Found[]; warnings: Found[] } {
  const { identifier, sender, sent, status, msgType, scope, references } = message
  const { source, restriction, addresses, code, note, incidents, info } = message
  const warnings: Found[] = areaWarnings(info)
  const candidate = inNormalForm(
    given({
      status,
      msgType,
      scope,
      source,
      restriction,
      addresses,
      note,
      incidents,
      code: some(code),
      foreignReferences: some(references),
      origin: { sender, identifier, sent },
      info: info.map(blockOf),
      audience: { groups: [], excludeGroups: [], ...(roster !== undefined && { roster }) },
    }),
    '',
    pointer => warnings.push(foundAt(pathOf(pointer, message), 'taken_composed')),
  )
  const faults = [
    ...importFaults(message, now),
    ...info.flatMap(parameterFaults),
    ...info.flatMap(withinFaults),
  ]
  const parsed = draftSchema.safeParse(candidate)
  const named = new Set(faults.map(fault => fault.path))
  for (const { path: steps, words } of schemaFaults(parsed.error)) {
    const path = pathOf(pointerTo(steps), message)
    if (!named.has(path)) faults.push({ path, ...words })
  }
  warnings.push(...info.flatMap(originWarnings))
  return { draft: faults.length === 0 ? parsed.data : undefined, faults, warnings }
}

/** Elements of which CAP allows several: a draft has them in a list of the same name. */
const LISTS = ['code', 'info', 'category', 'responseType', 'eventCode', 'parameter', 'resource']
const AREA_LISTS = ['area', 'polygon', 'circle', 'geocode']
/** Text that holds one pair or many: a fault in it has no element of its own. */
const LEAVES = ['polygon', 'circle', 'category', 'responseType', 'code']

/**
 * Where in the message something is that a draft made of it has at this JSON pointer. What is no part of the
 * message, the roster, is nowhere: an empty path.
 */
export function pathOf(pointer: string, { info }: CapMessage): string {
  const [first = '', ...steps] = pointer.split('/').slice(1)
  if (first === 'audience') return ''
  if (first === 'foreignReferences') return '/alert/references'
  if (first === 'origin') return ['/alert', ...steps.slice(0, 1)].join('/')
  let path = '/alert'
  let left = first === '' ? [] : [first, ...steps]
  if (first === 'info') {
    const [no = '', name, index, ...rest] = steps
    const parameters = info[Number(no)]?.parameter ?? []
    if (name === 'sms') {
      const at = parameters.findIndex(one => one.valueName === SMS_PARAMETER)
      left = ['info', no, ...(at === -1 ? [] : ['parameter', String(at), 'value'])]
    } else if (name === 'parameter' && index !== undefined) {
      const kept = parameters.flatMap((one, at) => (isKept(one) ? [at] : []))
      left = ['info', no, name, String(kept[Number(index)] ?? 0), ...rest]
    } else if (name === 'area' && (rest[0] === 'combine' || rest[0] === 'geocode')) {
      const at = withinAt(parameters, Number(index))
      if (at !== -1) left = ['info', no, 'parameter', String(at), 'value']
    }
  }
  while (left.length > 0) {
    const [name = '', index, ...rest] = left
    const isOneOfSeveral = index !== undefined && [...LISTS, ...AREA_LISTS].includes(name)
    path += isOneOfSeveral ? `/${name}[${Number(index) + 1}]` : `/${name}`
    if (LEAVES.includes(name)) break
    left = isOneOfSeveral ? rest : left.slice(1)
  }
  return path
}

function blockOf(block: CapInfo) {
  const { eventCode, parameter, resource, area, ...info } = block
  return given({
    ...info,
    eventCode: some(eventCode),
    parameter: some(parameter.filter(isKept)),
    resource: some(resource),
    sms: parameter.find(one => one.valueName === SMS_PARAMETER)?.value,
    area: some(area.map((one, no) => areaOf(one, withinOf(block, no)))),
  })
}

function areaOf({ polygon, circle, geocode, ...area }: CapArea, within: readonly CapValue[] = []) {
  return given({
    ...area,
    polygon: some(polygon.map(ring => ({ type: 'Polygon', coordinates: [ring] }))),
    circle: some(circle),
    geocode: some([...geocode, ...within]),
    combine: within.length > 0 ? 'intersection' : undefined,
  })
}

/** A draft has no empty lists. */
function some<T>(list: readonly T[]): readonly T[] | undefined {
  return list.length > 0 ? list : undefined
}

/** Its own text and what an area is within have members to themselves; a message's origin is the message read. */
function isKept({ valueName }: { readonly valueName: string }): boolean {
  return ![SMS_PARAMETER, ORIGIN_PARAMETER, WITHIN_PARAMETER].includes(valueName)
}

function importFaults(message: CapMessage, now: Date): Found[] {
  const { sender, sent, status, msgType, references, info } = message
  const faults: Found[] = []
  if (status === 'Draft') faults.push(foundAt('/alert/status', 'still_draft'))
  if (msgType === 'Ack' || msgType === 'Error') {
    faults.push(foundAt('/alert/msgType', 'for_systems', { msgType }))
  }
  const at = Date.parse(sent)
  if (at > now.getTime() + MAX_AHEAD_MS) faults.push(foundAt('/alert/sent', 'sent_ahead'))
  if (at < OLDEST) faults.push(foundAt('/alert/sent', 'sent_too_early'))
  // SECURITY.md X12: nobody takes back what another has said.
  const isCorrection = msgType === 'Update' || msgType === 'Cancel'
  if (isCorrection && references.some(one => one.sender !== sender)) {
    faults.push(foundAt('/alert/references', 'references_other_sender', { msgType }))
  }
  if (info.length === 0) faults.push(foundAt('/alert/info', 'tells_nothing'))
  return faults
}

function parameterFaults({ parameter }: CapInfo, no: number): Found[] {
  const texts = parameter.flatMap(({ valueName }, at) => (valueName === SMS_PARAMETER ? [at] : []))
  return texts
    .slice(1)
    .map(at => foundAt(parameterPath(no, at), 'second_text', { valueName: SMS_PARAMETER }))
}

function originWarnings({ parameter }: CapInfo, no: number): Found[] {
  return parameter.flatMap(({ valueName }, at) =>
    valueName === ORIGIN_PARAMETER ? [foundAt(parameterPath(no, at), 'origin_left_out')] : [],
  )
}

const parameterPath = (no: number, at: number) => `/alert/info[${no + 1}]/parameter[${at + 1}]`

function areaWarnings(info: readonly CapInfo[]): Found[] {
  return info.flatMap(({ area }, no) => {
    if (area.length > 0 || info.every(other => other.area.length === 0)) return []
    const taken = info[0]!.area.length > 0
    return [foundAt(`/alert/info[${no + 1}]`, taken ? 'areas_of_first' : 'reaches_no_place')]
  })
}

/** They are compared octet by octet, or lead somewhere: another spelling would be another one. */
const AS_THEY_STAND = ['sender', 'identifier', 'uri', 'web', 'derefUri', 'digest']

/** The same letters in the one spelling that is let in; `changed` hears where it was another. */
function inNormalForm(value: unknown, at: string, changed: (pointer: string) => void): unknown {
  if (typeof value === 'string') {
    const composed = value.normalize('NFC')
    if (composed !== value) changed(at)
    return composed
  }
  if (Array.isArray(value)) {
    // Rings are numbers: a hundred thousand of them need no pointer each.
    return value.map((one: unknown, no) =>
      typeof one === 'number' ? one : inNormalForm(one, `${at}/${no}`, changed),
    )
  }
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [
      name,
      AS_THEY_STAND.includes(name) || name === 'coordinates'
        ? member
        : inNormalForm(member, `${at}/${name}`, changed),
    ]),
  )
}
