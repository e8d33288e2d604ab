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

const ENGLISH =
  'FLASH FLOOD WARNING Harris Co. OEM: bayous are over their banks. Move to high ground now. Do not drive. Reply 1 SAFE, 2 NEED HELP.'
const SPANISH =
  'AVISO DE INUNDACIÓN REPENTINA, Condado de Harris: los bayous se desbordan. Suba a un lugar alto ahora. No conduzca. Responda 1 ESTOY BIEN, 2 NECESITO AYUDA.'
const UPDATE = {
  english:
    'UPDATE Harris Co. OEM: the San Jacinto River floods Conroe too. Stay on high ground, off the roads. Reply 1 SAFE, 2 NEED HELP.',
  spanish:
    'NUEVO AVISO, Condado de Harris: el San Jacinto inunda también Conroe. Quédese en un lugar alto, no conduzca. Responda 1 ESTOY BIEN, 2 NECESITO AYUDA.',
}
const ALL_CLEAR = {
  english: 'ALL CLEAR Harris Co. OEM: the flash flood is over. You may return.',
  spanish: 'FIN DE LA ALERTA, Condado de Harris: la inundación ha terminado. Puede volver.',
}

export function flashFloodDraft(damGroupId: string, expires: Date) {
  const area = [
    { areaDesc: 'Brays and Buffalo Bayou', polygon: [{ type: 'Polygon', coordinates: [BAYOUS] }] },
    {
      areaDesc: 'Galveston County',
      geocode: [{ valueName: 'SAME', value: `0${GALVESTON_COUNTY}` }],
    },
  ]
  const block = {
    category: ['Met'],
    event: 'Flash Flood Warning',
    responseType: ['Evacuate'],
    urgency: 'Immediate',
    severity: 'Extreme',
    certainty: 'Observed',
    expires: expires.toISOString(),
  }
  return {
    status: 'Actual',
    msgType: 'Alert',
    scope: 'Public',
    info: [
      {
        ...block,
        language: 'en-US',
        headline: 'Flash flood along the bayous and in Galveston County',
        description: 'Brays and Buffalo Bayou are over their banks and rising.',
        instruction: 'Move to high ground now. Do not drive through water.',
        sms: ENGLISH,
        area,
      },
      {
        ...block,
        language: 'es-US',
        headline: 'Inundación repentina junto a los bayous y en el condado de Galveston',
        description: 'Los bayous Brays y Buffalo se han desbordado y siguen subiendo.',
        instruction: 'Suba a un lugar alto ahora. No conduzca por el agua.',
        sms: SPANISH,
      },
    ],
    audience: { groups: [damGroupId], excludeGroups: [] },
    replies: {
      options: [
        { code: '1', label: 'Safe', words: ['safe', 'ok', 'sí estoy bien', 'estoy bien'] },
        { code: '2', label: 'Need help', words: ['help me', 'necesito ayuda'], urgent: true },
      ],
    },
    corrections: {
      cancel: [
        {
          language: 'en-US',
          sms: 'SENT IN ERROR Harris Co. OEM: there is no flash flood warning. You need do nothing.',
        },
        {
          language: 'es-US',
          sms: 'ENVIADO POR ERROR, Condado de Harris: no hay aviso de inundación. No tiene que hacer nada.',
        },
      ],
      allClear: [
        { language: 'en-US', sms: ALL_CLEAR.english },
        { language: 'es-US', sms: ALL_CLEAR.spanish },
      ],
    },
    delivery: 'at-least-once',
  }
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
      { ...english, headline: 'Flash flood now at Conroe too', sms: UPDATE.english, area },
      { ...spanish, headline: 'La inundación llega a Conroe', sms: UPDATE.spanish, area },
    ],
  }
}

/** The update goes to all who had the alert, and to those at Conroe. */
export function whoShouldGetTheUpdate(people: readonly Person[]): Map<string, string> {
  const before = whoShouldGetIt(people)
  const isMeant = ({ phone, longitude: x, latitude: y }: Person) =>
    before.has(phone) || km(CONROE.center, x, y) <= CONROE.radiusKm
  return new Map(
    people
      .filter(isMeant)
      .map(({ phone, language }) => [
        phone,
        language === 'en-US' ? UPDATE.english : UPDATE.spanish,
      ]),
  )
}

/** The all-clear goes to all who had the update. */
export function whoShouldGetTheAllClear(people: readonly Person[]): Map<string, string> {
  const texts = new Map([
    [UPDATE.english, ALL_CLEAR.english],
    [UPDATE.spanish, ALL_CLEAR.spanish],
  ])
  return new Map(
    [...whoShouldGetTheUpdate(people)].map(([phone, text]) => [phone, texts.get(text)!]),
  )
}

/** Who should get which text: even-odd over the county's and the drawn rings, haversine around the dam. */
export function whoShouldGetIt(people: readonly Person[]): Map<string, string> {
  const galveston = countyRings(GALVESTON_COUNTY)
  const expected = new Map<string, string>()
  for (const { phone, language, longitude: x, latitude: y } of people) {
    const inside =
      isInside([BAYOUS], x, y) || isInside(galveston, x, y) || km(DAM.center, x, y) <= DAM.radiusKm
    if (inside) expected.set(phone, language === 'en-US' ? ENGLISH : SPANISH)
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
