/**
 * GeoJSON feature collections of any size, read feature by feature as they arrive: nothing is held but the feature
 * at hand. Other members are passed over, but for `type` and for a `crs` (GeoJSON 2008 §3), which says whether the
 * numbers are longitudes and latitudes at all.
 */
import { AppError } from '../errors.ts'
import { parseStrictJson } from '../signing/canonical.ts'

/** Of one feature, and of all members beside the features. A detailed coastline of a state has two megabytes. */
const MAX_FEATURE_BYTES = 16 * 1024 * 1024
const MAX_BESIDE_BYTES = 64 * 1024
const WGS84 =
  /^(urn:ogc:def:crs:OGC:[\d.]*:CRS84|urn:ogc:def:crs:EPSG:[\d.]*:4326|EPSG:4326|CRS84)$/i

const [QUOTE, BACKSLASH, COMMA, COLON, OPEN_LIST] = [0x22, 0x5c, 0x2c, 0x3a, 0x5b]
const FEATURES = Buffer.from('"features"')

/** What the reader has to look at: nearly every octet is a digit or within a text. */
const KINDS = new Uint8Array(256)
const [SPACE, OPENING, CLOSING, OTHER] = [1, 2, 3, 4]
for (const octet of [0x20, 0x09, 0x0a, 0x0d]) KINDS[octet] = SPACE
for (const octet of [0x7b, 0x5b]) KINDS[octet] = OPENING
for (const octet of [0x7d, 0x5d]) KINDS[octet] = CLOSING
for (const octet of [QUOTE, COMMA]) KINDS[octet] = OTHER

/**
 * The features in the file's order, each parsed strictly.
 *
 * @throws AppError `malformed_json` for what is no JSON, `invalid_request` for what is no FeatureCollection in
 *   longitude and latitude, `too_large`
 */
export async function* readFeatures(body: AsyncIterable<Uint8Array>): AsyncGenerator {
  // 1: in the collection itself; 2: in its list of features, or in another member.
  let depth = 0
  let inText = false
  let isEscaped = false
  let inFeatures = false
  let hadFeatures = false
  let beside = Buffer.alloc(0)
  let parts: Buffer[] = []
  let held = 0
  let found: Buffer[] = []

  const setAside = (octets: Buffer) => {
    beside = Buffer.concat([beside, octets])
    if (beside.length > MAX_BESIDE_BYTES) throw notACollection()
  }
  const take = (octets: Buffer) => {
    held += octets.length
    if (held > MAX_FEATURE_BYTES) {
      const mebibytes = MAX_FEATURE_BYTES / 1024 / 1024
      throw new AppError('too_large', `a feature must be at most ${mebibytes} MiB`)
    }
    parts.push(octets)
  }
  const finish = () => {
    found.push(Buffer.concat(parts))
    ;[parts, held] = [[], 0]
  }
  const read = (chunk: Buffer) => {
    let from = 0
    for (let at = 0; at < chunk.length; at++) {
      const octet = chunk[at]!
      if (inText) {
        if (isEscaped) isEscaped = false
        else if (octet === BACKSLASH) isEscaped = true
        else if (octet === QUOTE) inText = false
        continue
      }
      const kind = KINDS[octet]!
      if (kind === 0 || kind === SPACE) continue
      if (kind === OPENING) {
        if (depth === 1 && octet === OPEN_LIST) {
          const before = Buffer.concat([beside, chunk.subarray(from, at)])
          if (endsWithFeatures(before)) {
            if (hadFeatures) throw notACollection()
            setAside(chunk.subarray(from, at + 1))
            ;[inFeatures, hadFeatures, from] = [true, true, at + 1]
          }
        }
        depth++
      } else if (kind === CLOSING) {
        depth--
        if (inFeatures && depth === 1) {
          take(chunk.subarray(from, at))
          finish()
          ;[inFeatures, from] = [false, at]
        }
      } else if (octet === QUOTE) inText = true
      else if (inFeatures && depth === 2) {
        take(chunk.subarray(from, at))
        finish()
        from = at + 1
      }
    }
    // Copies, for the chunk that they stand in is not ours to keep.
    const rest = Buffer.from(chunk.subarray(from))
    if (inFeatures) take(rest)
    else setAside(rest)
  }

  for await (const bytes of body) {
    read(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength))
    const features = found
    found = []
    for (const feature of features) {
      // An empty list has one empty element; anywhere else one is a fault, and the last comma's tells itself.
      const isNothing = feature.every(octet => KINDS[octet] === SPACE)
      if (!isNothing) yield parseStrictJson(feature)
    }
  }
  judgeBeside(beside, hadFeatures)
}

/** Whether what stands before a bracket is the name `"features"` and a colon. */
function endsWithFeatures(before: Buffer): boolean {
  const trimmed = (end: number) => {
    let at = end
    while (at > 0 && KINDS[before[at - 1]!] === SPACE) at--
    return at
  }
  const colon = trimmed(before.length) - 1
  if (before[colon] !== COLON) return false
  const end = trimmed(colon)
  const start = end - FEATURES.length
  if (start < 1 || !before.subarray(start, end).equals(FEATURES)) return false
  return before[start - 1] !== BACKSLASH
}

function judgeBeside(beside: Buffer, hadFeatures: boolean): void {
  const value = parseStrictJson(beside) as {
    type?: unknown
    crs?: { properties?: { name?: unknown } } | null
  }
  if (value?.type !== 'FeatureCollection' || !hadFeatures) throw notACollection()
  const name = value.crs?.properties?.name
  if (value.crs != null && !(typeof name === 'string' && WGS84.test(name))) {
    throw new AppError(
      'invalid_request',
      'the coordinates must be longitudes and latitudes in WGS 84: export the file as EPSG:4326',
    )
  }
}

function notACollection(): AppError {
  return new AppError('invalid_request', 'the body must be a GeoJSON FeatureCollection')
}
