import { parse } from 'csv-parse/sync'
import { expect, test } from 'vitest'
import { firstLines, jsonLines } from '../../src/console/lib/json-lines.ts'
import { cornersOf, readOutline } from '../../src/console/lib/outline.ts'
import { changesOf, readAt, withoutEmpty, writeAt } from '../../src/console/lib/pointer.ts'
import { instantOf, wallClockOf } from '../../src/console/lib/wall-clock.ts'
import { humanSteps } from '../../src/console/screens/reports/human-steps.ts'
import { talliesAsCsv } from '../../src/console/screens/reports/files.ts'
import { fc } from '../support/property.ts'

test('a field reads and writes by its pointer, and nothing beside it', () => {
  const body = { name: 'a', routes: [{ prefix: '+1' }, { prefix: '+44' }], smpp: { port: 1 } }
  expect(readAt(body, '/routes/1/prefix')).toBe('+44')
  expect(readAt(body, '/routes/7/prefix')).toBeUndefined()
  const next = writeAt(body, '/routes/1/prefix', '+49')
  expect(next).toEqual({ ...body, routes: [{ prefix: '+1' }, { prefix: '+49' }] })
  expect(next.routes[0]).toBe(body.routes[0])
  expect(body.routes[1]?.prefix).toBe('+44')
  expect(writeAt<object>({}, '/limits/max~1min', 3)).toEqual({ limits: { 'max/min': 3 } })
})

test('an edit sends what was changed; of a part of it the changed members alone', () => {
  const before = { name: 'a', roles: ['author'], policy: { hold: 5, max: 10 }, note: null }
  const after = { name: 'a', roles: ['author'], policy: { hold: 0, max: 10 }, note: null }
  expect(changesOf<object>(before, after, ['policy'])).toEqual({ policy: { hold: 0 } })
  expect(changesOf<object>(before, after)).toEqual({ policy: { hold: 0, max: 10 } })
  expect(changesOf<object>(before, { ...before, note: 'x' })).toEqual({ note: 'x' })
  expect(changesOf<object>(before, { ...before })).toEqual({})
})

test('what was left empty is left out of what is new', () => {
  const body = { a: null, b: '', c: 0, d: false, e: [], f: { g: null, h: 1 } }
  expect(withoutEmpty(body)).toEqual({ b: '', c: 0, d: false, e: [], f: { h: 1 } })
})

test('a time is written by the wall clock of the organisation, across changes of the clocks', () => {
  const zone = 'America/Chicago'
  expect(instantOf('2026-07-01T15:40', zone)).toBe('2026-07-01T20:40:00.000Z')
  expect(instantOf('2026-12-01T15:40', zone)).toBe('2026-12-01T21:40:00.000Z')
  // The clocks go forward at 2:00 on 8 March, and back at 2:00 on 1 November.
  expect(instantOf('2026-03-08T03:30', zone)).toBe('2026-03-08T08:30:00.000Z')
  expect(instantOf('2026-11-01T03:30', zone)).toBe('2026-11-01T09:30:00.000Z')
  expect(instantOf('2026-01-01T00:00', 'Asia/Kathmandu')).toBe('2025-12-31T18:15:00.000Z')
  expect(wallClockOf('2026-12-01T06:00:00Z', zone)).toBe('2026-12-01T00:00')
  expect(instantOf('', zone)).toBeUndefined()
})

test('an outline is found in whatever GeoJSON it comes wrapped in', () => {
  const ring = [
    [0, 0],
    [1, 0],
    [1, 1],
    [0, 0],
  ]
  const polygon = { type: 'Polygon', coordinates: [ring] }
  const feature = { type: 'Feature', geometry: polygon, properties: {} }
  expect(readOutline(JSON.stringify(feature))).toEqual(polygon)
  const two = readOutline(
    JSON.stringify({ type: 'FeatureCollection', features: [feature, feature] }),
  )
  expect(two).toEqual({ type: 'MultiPolygon', coordinates: [[ring], [ring]] })
  expect(two && cornersOf(two)).toBe(6)
  expect(readOutline('{"type":"Point","coordinates":[1,2]}')).toBeUndefined()
  expect(readOutline('not JSON')).toBeUndefined()
})

test('JSON lines that come in pieces, cut anywhere, are read whole and in order', async () => {
  const value = fc.record({ line: fc.nat(), value: fc.string({ unit: 'grapheme' }) })
  await fc.assert(
    fc.asyncProperty(
      fc.array(value, { maxLength: 8 }),
      fc.integer({ min: 1, max: 5 }),
      fc.integer({ min: 1, max: 9 }),
      async (values, octets, most) => {
        const bytes = Buffer.from(values.map(one => `${JSON.stringify(one)}\n`).join(''))
        const body = () =>
          new Response(
            new ReadableStream<Uint8Array>({
              start(controller) {
                for (let at = 0; at < bytes.length; at += octets) {
                  controller.enqueue(bytes.subarray(at, at + octets))
                }
                controller.close()
              },
            }),
          )
        const read: unknown[] = []
        for await (const some of jsonLines(body())) read.push(...some)
        expect(read).toEqual(values)
        expect(await firstLines(body(), most)).toEqual(values.slice(0, most))
      },
    ),
  )
})

test('how long people took is told by the last time that each step was done', () => {
  const at = (seconds: number, event: string) => ({
    at: new Date(seconds * 1000).toISOString(),
    event,
  })
  const timeline = [
    at(0, 'created'),
    at(60, 'submitted'),
    at(90, 'returned'),
    at(100, 'submitted'),
    at(130, 'approved'),
    at(131, 'dispatched'),
  ]
  expect(humanSteps(timeline)).toEqual([
    { step: 'write', seconds: 100 },
    { step: 'approve', seconds: 30 },
    { step: 'send', seconds: 1 },
  ])
  expect(humanSteps([])).toEqual([])
})

test('tallies as a file: what a spreadsheet would take for a formula is text', () => {
  const byOption = [{ code: '1', label: '=SAFE, "all"', count: 3 }]
  const csv = talliesAsCsv({
    byOption,
    other: 1,
    noReply: 6,
    recipients: 10,
    byArea: [{ areaDesc: 'Texas City', recipients: 10, replied: 4, byOption }],
    byGroup: [],
  })
  expect(parse(csv)).toEqual([
    ['of', 'name', 'answer', 'label', 'people', 'recipients'],
    ['all', '', '1', `'=SAFE, "all"`, '3', '10'],
    ['all', '', '', 'other', '1', '10'],
    ['all', '', '', 'no reply', '6', '10'],
    ['area', 'Texas City', '1', `'=SAFE, "all"`, '3', '10'],
  ])
})
