/** The alert of the demo, and who should get it by a computation that shares nothing with the product's. */
import { createRequire } from 'node:module'
import { feature } from 'topojson-client'
import type { Person } from './population.ts'

type Ring = readonly (readonly [number, number])[]

/** Drawn along Brays and Buffalo Bayou. */
const BAYOUS: Ring = [
  [-95.72, 29.75],
  [-95.52, 29.86],
  [-95.37, 29.87],
  [-95.2, 29.8],
  [-95.17, 29.68],
  [-95.4, 29.62],
  [-95.58, 29.6],
  [-95.72, 29.75],
]
const GALVESTON_COUNTY = '48167'
/** A geographic group: whoever lives near the dam gets every flood alert. */
export const DAM = {
  name: 'Below Addicks and Barker dams',
  center: [-95.65, 29.78],
  radiusKm: 6,
} as const

/** Where the water goes next. */
const CONROE = { center: [-95.456, 30.312], radiusKm: 12 } as const

const UPDATE = {
  'en-US':
    'UPDATE Harris County OEM: the San Jacinto River floods Conroe too. Stay on high ground, off the roads. Reply 1 SAFE, 2 NEED HELP.',
  'es-US':
    'NUEVO AVISO, Harris County OEM: el San Jacinto inunda también Conroe. Quédese en un lugar alto, no conduzca. Responda 1 ESTOY BIEN, 2 NECESITO AYUDA.',
}

/** By language. */
export type Texts = Readonly<Record<Person['language'], string>>

/** What is filled into the template, and where. */
export function flashFlood(damGroupId: string, until: Date) {
  return {
    status: 'Actual',
    blanks: {
      place: [
        { language: 'en', text: 'Houston and Galveston' },
        { language: 'es', text: 'Houston y Galveston' },
      ],
      until: until.toISOString(),
    },
    area: [
      {
        areaDesc: 'Brays and Buffalo Bayou',
        polygon: [{ type: 'Polygon', coordinates: [BAYOUS] }],
      },
      {
        areaDesc: 'Galveston County',
        geocode: [{ valueName: 'SAME', value: `0${GALVESTON_COUNTY}` }],
      },
    ],
    audience: { groups: [damGroupId] },
  }
}

/** As the template must have written them: by hand, but for the hour. */
export function flashFloodTexts(until: Date): Texts {
  const hour = (language: string) =>
    until
      .toLocaleTimeString(language, {
        hour: 'numeric',
        minute: '2-digit',
        timeZone: 'America/Chicago',
      })
      .replaceAll(/\s/gu, ' ')
  return {
    'en-US': `Harris County OEM: FLASH FLOOD in Houston and Galveston until ${hour('en-US')}. Move to high ground NOW. Do not walk or drive through water. Reply 1 SAFE, 2 NEED HELP.`,
    'es-US': `Harris County OEM: INUNDACIONES REPENTINAS en Houston y Galveston (hasta: ${hour('es-US')}). Suba a un lugar alto YA. No cruce el agua a pie ni en carro. Responda 1 BIEN, 2 NECESITO AYUDA.`,
  }
}

const ALL_CLEAR: Texts = {
  'en-US':
    'Harris County OEM: ALL CLEAR. The flash flood in Houston and Galveston is over. Stay away from the water and from fallen wires.',
  'es-US':
    'Harris County OEM: FIN DE LA ALERTA. Ya no hay inundaciones en Houston y Galveston. No toque el agua ni los cables.',
}

/** What changes with the update: Conroe is flooded, and Galveston County in danger no more. */
export function updateOf(alert: { info: readonly object[] }) {
  const area = [
    { areaDesc: 'Brays and Buffalo Bayou', polygon: [{ type: 'Polygon', coordinates: [BAYOUS] }] },
    { areaDesc: 'San Jacinto River at Conroe', circle: [CONROE] },
  ]
  const [english, spanish] = alert.info
  return {
    info: [
      { ...english, headline: 'Flash flood now at Conroe too', sms: UPDATE['en-US'], area },
      { ...spanish, headline: 'La inundación llega a Conroe', sms: UPDATE['es-US'], area },
    ],
  }
}

/** The update goes to all who had the alert, and to those at Conroe. */
export function whoShouldGetTheUpdate(people: readonly Person[]): Map<string, string> {
  const before = whoShouldGet(people, UPDATE)
  const isMeant = ({ phone, longitude: x, latitude: y }: Person) =>
    before.has(phone) || km(CONROE.center, x, y) <= CONROE.radiusKm
  return new Map(people.filter(isMeant).map(({ phone, language }) => [phone, UPDATE[language]]))
}

/** The all-clear goes to all who had the update. */
export function whoShouldGetTheAllClear(people: readonly Person[]): Map<string, string> {
  const had = whoShouldGetTheUpdate(people)
  return new Map(
    people
      .filter(({ phone }) => had.has(phone))
      .map(({ phone, language }) => [phone, ALL_CLEAR[language]]),
  )
}

/** Who should get the alert, and which text: even-odd over the county's and the drawn rings, haversine around the dam. */
export function whoShouldGet(people: readonly Person[], texts: Texts): Map<string, string> {
  const galveston = countyRings(GALVESTON_COUNTY)
  const expected = new Map<string, string>()
  for (const { phone, language, longitude: x, latitude: y } of people) {
    const inside =
      isInside([BAYOUS], x, y) || isInside(galveston, x, y) || km(DAM.center, x, y) <= DAM.radiusKm
    if (inside) expected.set(phone, texts[language])
  }
  return expected
}

function countyRings(fips: string): Ring[] {
  const atlas = createRequire(import.meta.url)('us-atlas/counties-10m.json') as Parameters<
    typeof feature
  >[0]
  const counties = feature(atlas, atlas.objects['counties'] as never) as unknown as {
    features: { id: string; geometry: { type: string; coordinates: never } }[]
  }
  const county = counties.features.find(({ id }) => id === fips)
  if (county === undefined) throw new Error(`no county ${fips} in us-atlas`)
  const { type, coordinates } = county.geometry
  return type === 'Polygon' ? (coordinates as Ring[]) : (coordinates as Ring[][]).flat()
}

function isInside(rings: readonly Ring[], x: number, y: number): boolean {
  let odd = false
  for (const ring of rings) {
    ring.forEach(([x1, y1], i) => {
      const [x2, y2] = ring[(i + 1) % ring.length] ?? [x1, y1]
      if (y1 > y !== y2 > y && x < ((x2 - x1) * (y - y1)) / (y2 - y1) + x1) odd = !odd
    })
  }
  return odd
}

function km([x0, y0]: readonly [number, number], x: number, y: number): number {
  const rad = Math.PI / 180
  const h =
    Math.sin(((y - y0) * rad) / 2) ** 2 +
    Math.cos(y * rad) * Math.cos(y0 * rad) * Math.sin(((x - x0) * rad) / 2) ** 2
  return 2 * 6371.0088 * Math.asin(Math.sqrt(h))
}
