import type { z } from 'zod'
import type { templateSchema } from '../template.ts'

/**
 * The shape of the templates that come with the program, and what several of them share. They are written for this
 * project, in plain words, each saying who warns, what, where, until when, and what to do.
 *
 * The Spanish is spelled as Spanish is: GSM-7 has é, ñ and ü, and no á, í, ó or ú, so the words are chosen where a
 * choice is as plain (`inundaciones`, `sin luz`), and where there is none (`huracán`) the text costs a segment more
 * rather than a spelling that its readers would take for a stranger's.
 */

/** Without a country: RFC 4647 lookup finds them for es-MX and es-US alike, and es-US for neither es nor es-MX. */
export const ENGLISH = 'en'
export const SPANISH = 'es'

/** As `POST /v1/templates` takes it, but for its languages. */
type Given = Omit<z.input<typeof templateSchema>, 'languages' | 'texts'>
type Texts = Omit<
  z.input<typeof templateSchema>['texts'][number],
  'language' | 'cancel' | 'allClear'
> & {
  readonly cancel: string
  readonly allClear: string
}

export interface Starter extends Given {
  /** By which it is known again, whatever becomes of its name. */
  readonly key: string
  readonly en: Texts
  readonly es: Texts
}

/** Answers are heard in both languages, whichever text somebody got; none of them is a word of the carriers'. */
export const SAFE_OR_HELP: Given['replies'] = {
  options: [
    {
      code: '1',
      label: 'Safe',
      words: ['safe', 'i am safe', 'im safe', 'ok', 'bien', 'estoy bien', 'sí estoy bien'],
    },
    {
      code: '2',
      label: 'Need help',
      words: ['need help', 'help me', 'necesito ayuda', 'ayuda'],
      urgent: true,
    },
  ],
}

type GivenBlank = NonNullable<Given['blanks']>[number]

export const PLACE: GivenBlank = {
  name: 'place',
  type: 'place',
  label: 'Where the danger is, as people there call it',
}

export const ROAD: GivenBlank = {
  name: 'road',
  type: 'road',
  label: 'By which road to leave',
}

export const UNTIL: GivenBlank = {
  name: 'until',
  type: 'time',
  label: 'Until when the warning holds',
  expires: true,
}

/** Of what may last for days. */
export const UNTIL_DATE: GivenBlank = { ...UNTIL, show: 'date' }

export const SHELTER: GivenBlank = {
  name: 'shelter',
  type: 'place',
  label: 'Name and street of the shelter',
}
