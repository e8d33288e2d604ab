/** What a warning must say to be believed and acted on: who warns, where, and when. */

/** Beside what the alert itself is called by, words that name a time in the languages that we know. */
const TIMES: Readonly<Record<string, RegExp>> = {
  en: /\b(?:now|immediately|at once|today|tonight|tomorrow|this (?:morning|afternoon|evening)|noon|midnight|until|hours?|minutes?|mins?|monday|tuesday|wednesday|thursday|friday|saturday|sunday)\b/iu,
  es: /\b(?:ahora|ya|de inmediato|inmediatamente|hoy|esta (?:mañana|tarde|noche)|mañana|mediod[ií]a|medianoche|hasta|horas?|minutos?|min|lunes|martes|mi[eé]rcoles|jueves|viernes|s[aá]bado|domingo)\b/iu,
}
/** 4:30, 16h30, 4 pm, 4 p.m.; a day and a month in figures. */
const CLOCK = /\b\d{1,2}(?::|h)\d{2}\b|\b\d{1,2}\s?(?:[ap]\.?\s?m\b|h\b)|\b\d{1,2}[/.-]\d{1,2}\b/iu

/** Words that many names have, and that name nobody and no place. */
const GENERIC = new Set(
  `the and for county city town state department office emergency management services service agency police fire
  river creek lake road street area zone near county's condado ciudad departamento oficina emergencias gestion
  servicio servicios rio lago calle zona area cerca del los las san santa`
    .split(/\s+/)
    .filter(word => word !== ''),
)

export function saysWhen(text: string, language: string): boolean {
  const words = TIMES[language.split('-', 1)[0]!.toLowerCase()]
  // A language that we don't know can't be found wanting.
  return CLOCK.test(text) || words === undefined || words.test(text)
}

/**
 * Whether a text says one of these names, in whole or by a word or the initials that are the name's own: "Harris Co.
 * OEM" says "Harris County Emergency Management" by Harris.
 */
export function saysOneOf(text: string, names: readonly string[]): boolean {
  const said = new Set(wordsOf(text))
  return names.some(name => {
    const words = wordsOf(name)
    const own = words.filter(word => word.length >= 3 && !GENERIC.has(word))
    const initials = words.map(word => word[0]).join('')
    const isWhole = words.length > 0 && words.every(word => said.has(word))
    return (
      isWhole || own.some(word => said.has(word)) || (initials.length > 2 && said.has(initials))
    )
  })
}

function wordsOf(text: string): string[] {
  return (
    text
      .normalize('NFD')
      .replace(/\p{M}/gu, '')
      .toLowerCase()
      .match(/[\p{L}\p{N}]+/gu) ?? []
  )
}
