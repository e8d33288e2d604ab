import { expect } from 'vitest'
import { readContent } from '../../src/cap/content.ts'
import { writeGeoJson } from '../../src/cap/feed-geojson.ts'
import { readCapXml } from '../../src/cap/xml-reader.ts'
import { anAlert, aSigner, compose, contactsAt, contentBytes, square } from '../alerts/people.ts'
import { test as edgeTest, type Answer, type Edge } from '../support/edge.ts'

/** A valley that is drawn over the eastern border of a zone. */
const valley = (combine?: string) => ({
  areaDesc: 'The valley',
  polygon: [square(10.5, 50)],
  geocode: [{ valueName: 'ZONE', value: 'east' }],
  ...(combine !== undefined && { combine }),
})

const aZone = async (edge: Edge, valueName: string, ...zones: [string, object][]) => {
  const admin = await edge.caller({ roles: ['administrator'] })
  const features = zones.map(([code, geometry]) => ({
    type: 'Feature',
    properties: { CODE: code },
    geometry,
  }))
  const { status } = await admin.call('POST', `/v1/geocode-sets?valueName=${valueName}&code=CODE`, {
    text: JSON.stringify({ type: 'FeatureCollection', features }),
    headers: { 'Content-Type': 'application/geo+json' },
  })
  expect(status).toBe(201)
}

const test = edgeTest.extend<{ $file: { zones: undefined } }>({
  zones: [
    async ({ edge, db }, use) => {
      await aZone(edge, 'ZONE', ['east', square(10, 50)], ['islands', square(-180, -18)])
      await contactsAt(db, [
        [10.25, 50.5],
        [10.75, 50.5],
        [11, 50.5],
        [11.25, 50.5],
        [11.25, 50.25],
      ])
      await use(undefined)
    },
    { scope: 'file' },
  ],
})

const said = ({ status, body }: Answer) => [status, body.code ?? body.state]

test('an area of drawings and geocodes reaches whoever is in either, or in both', async ({
  edge,
  zones: _zones,
}) => {
  const author = await aSigner(edge, ['author'])
  const estimated = async (...area: object[]) => {
    const id = await compose(author, anAlert({ info: { area } }))
    const { body } = await author.call('GET', `/v1/alerts/${id}/estimate`)
    return [body.recipients, ...body.byArea.map((one: { combine: unknown }) => one.combine)]
  }
  expect(await estimated(valley())).toEqual([5, 'union'])
  expect(await estimated(valley('union'))).toEqual([5, 'union'])
  // Who lives on the zone's border is in it.
  expect(await estimated(valley('intersection'))).toEqual([2, 'intersection'])
  const { geocode: _zone, ...alone } = valley()
  expect(await estimated(alone)).toEqual([4, null])
  const south = { areaDesc: 'South', circle: [{ center: [11.25, 50.25], radiusKm: 1 }] }
  expect(await estimated(valley('intersection'), south)).toEqual([3, 'intersection', null])
})

test('what is signed says how an area is combined; what can not be is a fault at its place', async ({
  edge,
  zones: _zones,
}) => {
  const author = await aSigner(edge, ['author'])
  const id = await compose(author, anAlert({ info: { area: [valley('intersection')] } }))
  const content = readContent(await contentBytes(edge, author, id))
  expect(content.areas).toEqual([valley('intersection')])
  const { geocode: _zone, ...drawn } = valley('intersection')
  const { polygon: _polygon, ...coded } = valley('intersection')
  const area = [
    drawn,
    coded,
    { ...valley('intersection'), geocode: [{ valueName: 'ZONE', value: 'x' }] },
  ]
  const refused = await author.call('POST', '/v1/alerts', { json: anAlert({ info: { area } }) })
  expect(refused.status).toBe(422)
  expect(refused.body.errors.map((one: { pointer: string }) => one.pointer)).toEqual([
    '/info/0/area/0/combine',
    '/info/0/area/1/combine',
    '/info/0/area/2/geocode/0',
  ])
  const unknown = await author.call('POST', '/v1/alerts', {
    json: anAlert({ info: { area: [valley('difference')] } }),
  })
  expect(unknown.body).toMatchObject({
    status: 400,
    errors: [{ pointer: '/info/0/area/0/combine' }],
  })
})

test('CAP shows no more ground than is meant to be alerted, and says within what', async ({
  edge,
  zones: _zones,
}) => {
  const author = await aSigner(edge, ['author'])
  const approver = await aSigner(edge, ['approver'])
  const id = await compose(author, anAlert({ info: { area: [valley('intersection')] } }))
  expect(said(await author.submit(id))).toEqual([200, 'submitted'])
  expect(said(await approver.approve(id))).toEqual([200, 'approved'])
  const { body: xml } = await author.call('GET', `/v1/alerts/${id}/cap`)
  expect(xml).not.toMatch(/<geocode>/)
  const { message } = readCapXml(Buffer.from(xml))
  const { geocode } = valley()
  expect(message!.info[0]!.parameter).toContainEqual({
    valueName: 'tocsin:within',
    value: JSON.stringify({ area: 1, geocode }),
  })
  const entries = [{ id, published: new Date(), message: message! }]
  const feed = { base: 'https://tocsin.test/v1', name: 'Town', updated: new Date(), entries }
  const [feature] = JSON.parse(writeGeoJson(feed)).features
  expect(feature.properties.info).toMatchObject([{ geocode: [], within: [geocode] }])

  const theirs = String(xml)
    .replace(/<identifier>[^<]*/, '<identifier>theirs')
    .replace(/<Signature[\s\S]*<\/Signature>/, '')
  const imported = await author.call('POST', '/v1/alerts/import', {
    text: theirs,
    headers: { 'Content-Type': 'application/cap+xml' },
  })
  expect(imported.status, JSON.stringify(imported.body)).toBe(201)
  expect(imported.body.info[0].area).toEqual([valley('intersection')])
  const lost = await author.call('POST', '/v1/alerts/import', {
    text: theirs.replace('<identifier>theirs', '<identifier>other').replace('east', 'west'),
    headers: { 'Content-Type': 'application/cap+xml' },
  })
  expect(lost).toMatchObject({ status: 422, body: { code: 'unknown_geocode' } })
  const line = theirs
    .split('\n')
    .findIndex(text => text.includes('&quot;area&quot;') || text.includes('"area"'))
  expect(lost.body.errors[0].detail).toMatch(new RegExp(`^line ${line + 1}: names no code`))
})

test('a jurisdiction that a drawing spills over covers it where it is meant within', async ({
  edge,
  zones: _zones,
}) => {
  const local = await aSigner(edge, ['author'], {
    jurisdiction: { geocodes: [{ valueName: 'ZONE', value: 'east' }] },
  })
  const tried = async (combine: string) => {
    const json = anAlert({ info: { area: [valley(combine)] } })
    return said(await local.call('POST', '/v1/alerts', { json }))
  }
  expect(await tried('union')).toEqual([403, 'outside_jurisdiction'])
  expect(await tried('intersection')).toEqual([201, 'draft'])
})

test('what is meant within is composed with others, over ±180° too', async ({
  edge,
  db,
  zones: _zones,
}) => {
  await contactsAt(db, [
    [179.5, -17.5],
    [-179.75, -17.5],
    [-179.25, -17.5],
  ])
  const author = await aSigner(edge, ['author'])
  const sea = {
    areaDesc: 'The sea',
    circle: [{ center: [180, -17.5], radiusKm: 60 }],
    geocode: [{ valueName: 'ZONE', value: 'islands' }],
  }
  const composed = async (combine: string) => {
    const json = { areas: [{ ...sea, combine }] }
    const { status, body } = await author.call('POST', '/v1/areas', { json })
    expect(status).toBe(200)
    return [body.people, Math.round(body.areaKm2 / 100)]
  }
  expect((await composed('union'))[0]).toBe(3)
  // Half of the circle's 11,310 km², less what of it reaches past the zone's degree of latitude, 67 km² either way.
  expect(await composed('intersection')).toEqual([1, 55])
})
