import { expect, test } from 'vitest'
import { countiesVersion, countyFault, resolveCounty } from '../../src/audience/counties.ts'
import { makeAreaPredicate } from '../../src/geometry/shape.ts'

test.each([
  ['SAME', '048201', 'Harris, Texas'],
  ['FIPS', '48201', 'Harris, Texas'],
  ['UGC', 'TXC201', 'Harris, Texas'],
  ['SAME', '048000', 'Texas'],
  ['FIPS', '48', 'Texas'],
  ['FIPS', '48000', 'Texas'],
  ['UGC', 'TXC000', 'Texas'],
  ['UGC', 'TXALL', undefined],
  ['UGC', 'TXCALL', 'Texas'],
  ['SAME', '011001', 'District of Columbia, District of Columbia'],
  ['SAME', '072000', 'Puerto Rico'],
  ['UGC', 'GUC010', 'Guam, Guam'],
  // Codes of before: what took their place.
  ['SAME', '046113', 'Oglala Lakota, South Dakota'],
  ['FIPS', '02270', 'Kusilvak, Alaska'],
  ['UGC', 'FLC025', 'Miami-Dade, Florida'],
  ['FIPS', '02232', 'Hoonah-Angoon, Alaska; Skagway, Alaska'],
  ['SAME', '009003', 'Hartford, Connecticut'],
])('%s %s is %s', (valueName, value, name) => {
  expect(resolveCounty({ valueName, value })?.name).toBe(name)
})

test.each([
  ['SAME', '000000', /no state or county/],
  ['SAME', '148201', /part 1/],
  ['SAME', '048999', /no state or county/],
  ['SAME', '073000', /no state or county/],
  ['SAME', '48201', /six digits/],
  ['SAME', '０４８２０１', /six digits/],
  ['SAME', '', /six digits/],
  ['FIPS', '99', /no state or county/],
  ['FIPS', '048201', /two or five/],
  ['FIPS', '48201\n', /two or five/],
  ['UGC', 'TXZ213', /forecast zone/],
  ['UGC', 'ANZ335', /forecast zone/],
  ['UGC', 'XXC001', /no state: XX/],
  ['UGC', 'txc201', /like TXC453/],
  ['SAME', '009110', /planning region of Connecticut/],
  ['FIPS', '02063', /Valdez-Cordova/],
  ['UGC', 'CTC170', /planning region of Connecticut/],
])('%s %j is refused, never everyone and never nobody', (valueName, value, detail) => {
  expect(resolveCounty({ valueName, value })).toBeUndefined()
  expect(countyFault({ valueName, value })).toMatch(detail)
})

function holds(fips: string, point: [number, number]): boolean {
  return makeAreaPredicate(resolveCounty({ valueName: 'FIPS', value: fips })!.shape)(...point)
}

test.each([
  ['Houston', '48201', [-95.3698, 29.7604], true],
  ['Houston', '48', [-95.3698, 29.7604], true],
  ['Houston', '48167', [-95.3698, 29.7604], false],
  ['Galveston island', '48167', [-94.8, 29.29], true],
  // The Aleutians lie on both sides of the antimeridian.
  ['Adak', '02016', [-176.65, 51.85], true],
  ['Attu', '02016', [173.0, 52.9], true],
  ['Amchitka', '02016', [179.1, 51.45], true],
  ['Attu', '02', [173.0, 52.9], true],
  ['the strait between', '02016', [-179.9, 51.9], false],
  ['the other side of the globe', '02016', [0, 52], false],
  ['Adak', '02013', [-176.65, 51.85], false],
  ['Anchorage', '02020', [-149.86, 61.19], true],
  // A county that is a hole in another: the independent city of Fairfax within Fairfax County.
  ['Fairfax city', '51600', [-77.3, 38.853], true],
  ['Fairfax city', '51059', [-77.3, 38.853], false],
] as const)('%s and %s', (_place, fips, [longitude, latitude], expected) => {
  expect(holds(fips, [longitude, latitude])).toBe(expected)
})

test('the version names the very file, and a second look gives the same shape', () => {
  expect(countiesVersion()).toMatch(/^us-atlas 3\.0\.1 counties-10m sha256:[0-9a-f]{64}$/)
  const geocode = { valueName: 'SAME', value: '048201' }
  expect(resolveCounty(geocode)).toBe(resolveCounty({ ...geocode }))
})
