import { expect, test } from 'vitest'
import { FAULT_CODES } from '../../src/faults.ts'
import { checkPolygon } from '../../src/geometry/geojson.ts'
import { cpuMilliseconds } from '../support/cpu-time.ts'

const square = [
  [0, 0],
  [4, 0],
  [4, 4],
  [0, 4],
  [0, 0],
]

function check(...rings: unknown[]) {
  return checkPolygon({ type: 'Polygon', coordinates: rings }, '/area/polygon/0')
}

function circular(corners: number, radius = 1): number[][] {
  const ring = Array.from({ length: corners }, (_, index) => {
    const angle = (index / corners) * 2 * Math.PI
    return [10 + radius * Math.cos(angle), 40 + radius * Math.sin(angle)]
  })
  return [...ring, ring[0]!]
}

/** Teeth a few times as long as the comb is wide, upright or lying. */
function comb(teeth: number, upright: boolean): number[][] {
  const points: number[][] = []
  for (let tooth = 0; tooth < teeth; tooth++) {
    const x = (tooth / teeth) * 10
    points.push([x, 0], [x, 20], [x + 5 / teeth, 20], [x + 5 / teeth, 0.001])
  }
  points.push([10, 0.001], [10, -1], [0, -1], [0, 0])
  return upright ? points : points.map(([x, y]) => [y!, x!])
}

test.each([
  ['a square', [square]],
  ['a clockwise square', [square.toReversed()]],
  [
    'a hole',
    [
      square,
      [
        [1, 1],
        [2, 1],
        [2, 2],
        [1, 2],
        [1, 1],
      ],
    ],
  ],
  [
    'a hole that touches the shell in a point',
    [
      square,
      [
        [0, 2],
        [1, 1],
        [1, 3],
        [0, 2],
      ],
    ],
  ],
  [
    'holes that touch in a point',
    [
      square,
      [
        [1, 1],
        [2, 2],
        [1, 2],
        [1, 1],
      ],
      [
        [2, 2],
        [3, 2],
        [3, 3],
        [2, 2],
      ],
    ],
  ],
  [
    'a position given twice',
    [
      [
        [0, 0],
        [0, 0],
        [4, 0],
        [4, 4],
        [4, 4],
        [0, 4],
        [0, 0],
        [0, 0],
      ],
    ],
  ],
  [
    'altitudes',
    [
      [
        [0, 0, 5],
        [4, 0, 5],
        [4, 4, 5],
        [0, 0, 5],
      ],
    ],
  ],
  [
    'corners in line',
    [
      [
        [0, 0],
        [2, 0],
        [4, 0],
        [4, 4],
        [0, 0],
      ],
    ],
  ],
  [
    'a ring across ±180°',
    [
      [
        [177, -19],
        [-178, -19],
        [-178, -15],
        [177, -15],
        [177, -19],
      ],
    ],
  ],
  ['20,000 corners', [circular(20_000)]],
  [
    'a ring round the north pole',
    [
      [
        [-120, 70],
        [0, 72],
        [120, 70],
        [-120, 70],
      ],
    ],
  ],
  [
    'a ring round the south pole, westwards',
    [
      [
        [120, -70],
        [0, -70],
        [-120, -70],
        [120, -70],
      ],
    ],
  ],
])('%s is a polygon', (_what, rings) => {
  expect(check(...rings)).toEqual([])
})

test.each([
  // SECURITY A31
  ['an open ring', [square.slice(0, 4)], '/coordinates/0', /open/],
  [
    'three positions',
    [
      [
        [0, 0],
        [4, 0],
        [0, 0],
      ],
    ],
    '/coordinates/0',
    /at least 4/,
  ],
  [
    'a bow-tie',
    [
      [
        [0, 0],
        [4, 4],
        [4, 0],
        [0, 4],
        [0, 0],
      ],
    ],
    '/coordinates/0',
    /crosses itself at \[2, 2\]: edge 0 and edge 2/,
  ],
  [
    'a bow-tie over ±180°',
    [
      [
        [179, 0],
        [-179, 4],
        [-179, 0],
        [179, 4],
        [179, 0],
      ],
    ],
    '/coordinates/0',
    /crosses itself at \[180, 2\]/,
  ],
  [
    'a bow-tie with a corner at the knot',
    [
      [
        [0, 0],
        [2, 2],
        [4, 4],
        [4, 0],
        [2, 2],
        [0, 4],
        [0, 0],
      ],
    ],
    '/coordinates/0',
    /itself|no area/,
  ],
  [
    'a spike',
    [
      [
        [0, 0],
        [4, 0],
        [4, 4],
        [4, 8],
        [4, 4],
        [0, 4],
        [0, 0],
      ],
    ],
    '/coordinates/0',
    /itself/,
  ],
  [
    'an edge gone twice',
    [
      [
        [0, 0],
        [4, 0],
        [4, 4],
        [4, 0],
        [0, 0],
      ],
    ],
    '/coordinates/0',
    /no area|itself/,
  ],
  [
    'swapped coordinates',
    [
      [
        [29, -95],
        [29, -96],
        [30, -96],
        [29, -95],
      ],
    ],
    '/coordinates/0',
    /swapped/,
  ],
  [
    'one corner swapped',
    [
      [
        [-95, 29],
        [-96, 29],
        [30, -96],
        [-95, 29],
      ],
    ],
    '/coordinates/0/2',
    /swapped/,
  ],
  [
    'a longitude out of range',
    [
      [
        [0, 0],
        [181, 0],
        [4, 4],
        [0, 0],
      ],
    ],
    '/coordinates/0/1',
    /longitude outside/,
  ],
  [
    'a latitude out of range',
    [
      [
        [0, 0],
        [4, 0],
        [100, 91],
        [0, 0],
      ],
    ],
    '/coordinates/0/2',
    /latitude outside/,
  ],
  [
    'NaN',
    [
      [
        [0, 0],
        [Number.NaN, 0],
        [4, 4],
        [0, 0],
      ],
    ],
    '/coordinates/0/1',
    /finite/,
  ],
  [
    'a text for a number',
    [
      [
        [0, 0],
        ['4', 0],
        [4, 4],
        [0, 0],
      ],
    ],
    '/coordinates/0/1',
    /finite/,
  ],
  ['one number', [[[0, 0], [4], [4, 4], [0, 0]]], '/coordinates/0/1', /finite/],
  ['null', [[[0, 0], null, [4, 4], [0, 0]]], '/coordinates/0/1', /finite/],
  [
    'no area',
    [
      [
        [0, 0],
        [2, 2],
        [4, 4],
        [0, 0],
      ],
    ],
    '/coordinates/0',
    /no area/,
  ],
  [
    'a hole outside its shell',
    [
      square,
      [
        [5, 5],
        [6, 5],
        [6, 6],
        [5, 5],
      ],
    ],
    '/coordinates/1',
    /outside its shell/,
  ],
  [
    'a hole across its shell',
    [
      square,
      [
        [3, 1],
        [6, 1],
        [6, 2],
        [3, 2],
        [3, 1],
      ],
    ],
    '/coordinates/0',
    /crosses ring 1/,
  ],
  [
    'a hole along its shell',
    [
      square,
      [
        [0, 1],
        [1, 1],
        [1, 2],
        [0, 2],
        [0, 1],
      ],
    ],
    '/coordinates/0',
    /runs along ring 1/,
  ],
  ['a hole as large as its shell', [square, square], '/coordinates/0', /runs along/],
  [
    'a hole in the notch between two corners of its shell',
    [
      [
        [0, 0],
        [4, 0],
        [2, 2],
        [4, 4],
        [0, 4],
        [0, 0],
      ],
      [
        [4, 0],
        [4, 4],
        [2, 2],
        [4, 0],
      ],
    ],
    '/coordinates/0',
    /runs along/,
  ],
  [
    'a hole in a hole',
    [
      square,
      [
        [1, 1],
        [3, 1],
        [3, 3],
        [1, 3],
        [1, 1],
      ],
      [
        [1.5, 1.5],
        [2, 1.5],
        [2, 2],
        [1.5, 1.5],
      ],
    ],
    '/coordinates/2',
    /inside another, ring 1/,
  ],
  ['a ring that is a text', ['ring'], '/coordinates/0', /list of positions/],
  ['no rings', [], '/coordinates', /list of rings/],
  [
    'a ring round both poles at once',
    [
      [
        [-120, 70],
        [0, -70],
        [120, 70],
        [-120, 70],
      ],
    ],
    '/coordinates',
    /one side of the equator/,
  ],
  [
    'a ring round a pole with a hole',
    [
      [
        [-120, 70],
        [0, 70],
        [120, 70],
        [-120, 70],
      ],
      [
        [10, 80],
        [20, 80],
        [20, 82],
        [10, 80],
      ],
    ],
    '/coordinates',
    /without holes/,
  ],
  [
    'a ring twice round a pole',
    [
      [
        [-120, 70],
        [0, 70],
        [120, 70],
        [-120, 72],
        [0, 72],
        [120, 72],
        [-120, 70],
      ],
    ],
    '/coordinates',
    /goes round the globe/,
  ],
  [
    'a ring round a pole that crosses itself',
    [
      [
        [-120, 70],
        [0, 70],
        [60, 75],
        [60, 65],
        [120, 70],
        [30, 70],
        [150, 75],
        [-120, 70],
      ],
    ],
    '/coordinates/0',
    /itself at/,
  ],
  [
    'the whole globe',
    [
      [
        [-180, -90],
        [0, -90],
        [180, -90],
        [180, 90],
        [0, 90],
        [-180, 90],
        [-180, -90],
      ],
    ],
    '/coordinates',
    /pole|at most 20000000/,
  ],
  [
    'half the globe',
    [
      [
        [-90, -80],
        [0, -80],
        [80, -80],
        [80, 80],
        [0, 80],
        [-90, 80],
        [-90, -80],
      ],
    ],
    '/coordinates',
    /km²; at most/,
  ],
  ['20,001 corners', [circular(20_001)], '/coordinates', /20001 corners; at most 20000/],
  [
    '20,001 rings',
    Array.from({ length: 20_001 }, () => square),
    '/coordinates',
    /20001 rings; at most 20000 corners/,
  ],
])('%s is refused at its place', (_what, rings, place, detail) => {
  const faults = check(...rings)
  const { code, values: _values, ...told } = faults[0]!
  expect(told).toEqual({
    pointer: `/area/polygon/0${place}`,
    detail: expect.stringMatching(detail) as string,
  })
  expect(FAULT_CODES).toContain(code)
})

test('every fault is named at once', () => {
  const faults = check(
    [
      [0, 0],
      [200, 0],
      [4, 'x'],
      [0, 4],
    ],
    [
      [1, 1],
      [2, 1],
      [1, 1],
    ],
  )
  expect(faults.map(fault => fault.pointer.replace('/area/polygon/0/coordinates', ''))).toEqual([
    '/0/1',
    '/0/2',
    '/0',
    '/1',
  ])
})

test('a million faults are not', () => {
  expect(check(Array.from({ length: 900 }, () => [400, 400]))).toHaveLength(50)
})

test.each([
  [null, ''],
  ['POLYGON((0 0, 1 0, 1 1, 0 0))', ''],
  [[], ''],
  [{}, '/type'],
  [{ type: 'Point', coordinates: [0, 0] }, '/type'],
  [{ type: 'Feature', geometry: { type: 'Polygon', coordinates: [square] } }, '/type'],
  [{ type: 'GeometryCollection', geometries: [] }, '/type'],
  [{ type: 'Polygon' }, '/coordinates'],
  [{ type: 'Polygon', coordinates: square }, '/coordinates/0'],
  [{ type: 'MultiPolygon', coordinates: [] }, '/coordinates'],
  [{ type: 'MultiPolygon', coordinates: [[square], [square.slice(1)]] }, '/coordinates/1/0'],
  [
    { type: 'MultiPolygon', coordinates: Array.from({ length: 1001 }, () => [square]) },
    '/coordinates',
  ],
])('%j is no area', (value, place) => {
  expect(checkPolygon(value, '/x')[0]?.pointer).toMatch(new RegExp(`^/x${place}`))
})

test.each([
  ['an upright comb of 810 corners', () => [comb(202, true)]],
  ['a lying comb of 810 corners', () => [comb(202, false)]],
  ['a million corners', () => [circular(1_000_000)]],
  ['a million holes', () => [square, ...Array.from({ length: 1_000_000 }, () => square)]],
  [
    '249 holes in line',
    () => [
      square,
      ...Array.from({ length: 249 }, (_, i) =>
        circular(3, 0.001).map(([x, y]) => [x! - 9 + i / 100, y! - 38]),
      ),
    ],
  ],
  [
    'a star of 1,000 needles',
    () => [
      Array.from({ length: 1000 }, (_, i) => [
        10 + Math.cos(i * 2.5) * 5,
        40 + Math.sin(i * 2.5) * 5,
      ]),
    ],
  ],
])('%s costs under 50 ms', (_what, rings) => {
  const value = { type: 'Polygon', coordinates: rings() }
  expect(cpuMilliseconds(() => checkPolygon(value, ''))).toBeLessThan(50)
})

test('larger limits don’t open the door to folded rings: the work is bounded', () => {
  const limits = { maxPolygons: 1, maxCorners: 1e6, maxAreaKm2: 1e9 }
  // Neither axis keeps the edges apart, and 5,000 of them make 12 million pairs.
  const slanted = comb(1250, true).map(([x, y]) => [x! + y!, (y! - x!) / 2])
  const checkWide = (ring: number[][]) =>
    checkPolygon({ type: 'Polygon', coordinates: [ring] }, '', limits)
  expect(checkWide(slanted)[0]?.detail).toMatch(/too intricate/)
  expect(checkWide(circular(20_000))).toEqual([])
  expect(cpuMilliseconds(() => checkWide(slanted))).toBeLessThan(1_500)
  expect(cpuMilliseconds(() => checkWide(circular(20_000)))).toBeLessThan(1_500)
})
