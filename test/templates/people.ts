import type { Answer, Caller } from '../support/edge.ts'
import { square } from '../alerts/people.ts'
import { aTemplate } from './sample.ts'

let names = 0

/** Writes a template. @returns its id */
export async function aStoredTemplate(writer: Caller, changes: object = {}): Promise<string> {
  const json = aTemplate({ name: `Flood ${++names}`, ...changes })
  const { status, body } = await writer.call('POST', '/v1/templates', { json })
  if (status !== 201) throw new Error(JSON.stringify(body))
  return body.id
}

/** The same, and somebody else has reviewed each language of it. */
export async function aReviewedTemplate(
  writer: Caller,
  reviewer: Caller,
  changes: object = {},
): Promise<string> {
  const id = await aStoredTemplate(writer, changes)
  for (const language of ['en-US', 'es-US']) await review(reviewer, id, language, 1)
  return id
}

export async function review(
  who: Caller,
  id: string,
  language: string,
  version: number,
): Promise<Answer> {
  return who.call('POST', `/v1/templates/${id}/review`, { json: { language, version } })
}

/** As an alert is made of a template, in the square around 97° W, 30° N. */
export const aUse = (changes: object = {}) => ({
  status: 'Actual',
  blanks: { place: 'Hunt' },
  area: [{ areaDesc: 'The valley', polygon: [square(-97, 30)] }],
  ...changes,
})

export const draftOf = (author: Caller, templateId: string, changes: object = {}) =>
  author.call('POST', `/v1/templates/${templateId}/draft`, { json: aUse(changes) })
