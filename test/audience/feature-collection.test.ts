import { expect, test } from 'vitest'
import { readFeatures } from '../../src/audience/feature-collection.ts'
import { fc } from '../support/property.ts'

async function* cut(text: string, lengths: readonly number[]): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text)
  for (let at = 0, no = 0; at < bytes.length; no++) {
    const end = at + (lengths[no % lengths.length] ?? 1)
    yield bytes.subarray(at, end)
    at = end
  }
}

async function read(text: string, lengths: readonly number[] = [7]): Promise<unknown[]> {
  const features: unknown[] = []
  for await (const feature of readFeatures(cut(text, lengths))) features.push(feature)
  return features
}

const feature = fc.record({
  type: fc.constant('Feature'),
  properties: fc.dictionary(
    fc.string().filter(name => !['__proto__', 'constructor', 'prototype'].includes(name)),
    fc.oneof(fc.string(), fc.integer(), fc.constant(null)),
  ),
  geometry: fc.oneof(
    fc.constant(null),
    fc.record({ type: fc.string(), coordinates: fc.array(fc.array(fc.integer())) }),
  ),
})

test('however the file is cut and written, its features come whole and in order', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(feature, { maxLength: 5 }),
      fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 5 }),
      fc.constantFrom(0, 2),
      fc.boolean(),
      async (features, lengths, indent, isFirst) => {
        // A name that only looks like the list's, and a list that only looks like the features.
        const others = { name: '"features": [', 'x"features"': [1, { a: [2] }], bbox: [1, 2, 3, 4] }
        const all = isFirst
          ? { features, type: 'FeatureCollection', ...others }
          : { type: 'FeatureCollection', ...others, features }
        expect(await read(JSON.stringify(all, undefined, indent), lengths)).toEqual(features)
      },
    ),
  )
})

test.each([
  [
    'a single feature',
    '{"type": "Feature", "properties": {}, "geometry": null}',
    'invalid_request',
  ],
  ['a list', '[]', 'malformed_json|invalid_request'],
  ['nothing', '', 'malformed_json'],
  ['a text', '"features"', 'invalid_request'],
  ['no features', '{"type": "FeatureCollection"}', 'invalid_request'],
  ['another type', '{"type": "Features", "features": []}', 'invalid_request'],
  [
    'what breaks off',
    '{"type": "FeatureCollection", "features": [{"type": "Feat',
    'malformed_json',
  ],
  ['an end that is missing', '{"type": "FeatureCollection", "features": [{}]', 'malformed_json'],
  ['an end too many', '{"type": "FeatureCollection", "features": []}}', 'malformed_json'],
  ['two lists', '{"type":"FeatureCollection","features":[],"features":[]}', 'invalid_request'],
  ['a broken feature', '{"type": "FeatureCollection", "features": [{"a": 1,}]}', 'malformed_json'],
  ['no comma', '{"type": "FeatureCollection", "features": [{} {}]}', 'malformed_json'],
  ['a name twice', '{"type":"FeatureCollection","features":[{"a":1,"a":2}]}', 'malformed_json'],
  [
    'metres in a projection',
    '{"type": "FeatureCollection", "crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::2278"}}, "features": []}',
    'invalid_request',
  ],
  [
    'much beside',
    `{"type":"FeatureCollection","x":"${'x'.repeat(70_000)}","features":[]}`,
    'invalid_request',
  ],
])('%s is refused', async (_what, text, code) => {
  await expect(read(text, [1000])).rejects.toMatchObject({
    code: expect.stringMatching(new RegExp(`^(${code})$`)) as string,
  })
})

test('longitudes and latitudes may be said to be such', async () => {
  const crs = (name: string) =>
    `{"type":"FeatureCollection","crs":{"type":"name","properties":{"name":"${name}"}},"features":[{}]}`
  expect(await read(crs('urn:ogc:def:crs:OGC:1.3:CRS84'))).toEqual([{}])
  expect(await read(crs('EPSG:4326'))).toEqual([{}])
})

test('a feature without an end is given up, not gathered', async () => {
  async function* endless() {
    yield Buffer.from('{"type": "FeatureCollection", "features": [{"a": "')
    for (;;) yield Buffer.alloc(1 << 20, 'a')
  }
  await expect(readFeatures(endless()).next()).rejects.toMatchObject({ code: 'too_large' })
})
