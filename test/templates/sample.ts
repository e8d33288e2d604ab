import { type Template, templateSchema } from '../../src/templates/template.ts'

export const DESK = {
  sender: 'Kerr County OEM',
  timeZone: 'America/Chicago',
  country: 'US',
  linkUrl: null,
}
/** 12:00 in Kerrville. */
export const NOON = new Date('2026-11-29T18:00:00Z')

/** A flood in English and Spanish, as `POST /v1/templates` takes it. */
export const aTemplate = (changes: object = {}) => ({
  name: 'Flood',
  languages: ['en-US', 'es-US'],
  blanks: [
    { name: 'place', type: 'place', label: 'Where' },
    { name: 'until', type: 'time', label: 'Until when', expires: true },
  ],
  texts: [
    {
      language: 'en-US',
      sms: '{sender}: FLOOD in {place} until {until}. Go up now. Reply 1 SAFE, 2 NEED HELP.',
      headline: 'Flood in {place}',
      cancel: '{sender}: SENT IN ERROR. There is no flood in {place}.',
      allClear: '{sender}: ALL CLEAR. The flood in {place} is over.',
    },
    {
      language: 'es-US',
      sms: '{sender}: CRECIDA en {place}. Hasta: {until}. Suba ya. Responda 1 BIEN, 2 NECESITO AYUDA.',
      headline: 'Crecida en {place}',
      cancel: '{sender}: ENVIADO POR ERROR. No hay crecida en {place}.',
      allClear: '{sender}: FIN DE LA ALERTA por la crecida en {place}.',
    },
  ],
  category: ['Met'],
  event: 'Flood Warning',
  responseType: ['Evacuate'],
  urgency: 'Immediate',
  severity: 'Severe',
  certainty: 'Observed',
  replies: {
    options: [
      { code: '1', label: 'Safe' },
      { code: '2', label: 'Need help', urgent: true },
    ],
  },
  durationMinutes: 360,
  ...changes,
})

export const parsed = (changes: object = {}): Template => templateSchema.parse(aTemplate(changes))
