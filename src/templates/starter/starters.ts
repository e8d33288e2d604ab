import { type Template, templateSchema } from '../template.ts'
import { FIRE_AND_EARTH } from './fire-and-earth.ts'
import { PEOPLE } from './people.ts'
import { ENGLISH, SPANISH, type Starter } from './starter.ts'
import { WATER } from './water.ts'
import { WIND_AND_WEATHER } from './wind.ts'

export const STARTER_LANGUAGES = [ENGLISH, SPANISH] as const
export type StarterLanguage = (typeof STARTER_LANGUAGES)[number]

/**
 * The templates that come with the program.
 *
 * @param languages in which; the first is the source of the others
 */
export function starters(
  languages: readonly StarterLanguage[],
): { readonly key: string; readonly template: Template }[] {
  const all = [...WATER, ...WIND_AND_WEATHER, ...FIRE_AND_EARTH, ...PEOPLE]
  return all.map(({ key, ...starter }) => ({ key, template: templateOf(starter, languages) }))
}

function templateOf(
  { en, es, ...given }: Omit<Starter, 'key'>,
  languages: readonly StarterLanguage[],
): Template {
  const said = { [ENGLISH]: en, [SPANISH]: es }
  const texts = languages.map(language => ({ language, ...said[language] }))
  return templateSchema.parse({ ...given, languages, texts })
}
