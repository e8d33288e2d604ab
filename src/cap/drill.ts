import { AppError, type Fault } from '../errors.ts'
import { faultAt } from '../faults.ts'
import type { Status } from './alert.ts'
import { lookUpLanguage } from './texts.ts'

/**
 * The one gate for drills (API.md, "Drills"). Whoever reads an alert's recipients or its texts reads what comes
 * out of here: when the content is made, and again from the signed bytes before anything is sent.
 *
 * An alert whose status is not `Actual` reaches exactly the members of its roster, and each of its texts, the
 * prepared corrections too, begins with the drill word in its language. What has passed once passes unchanged.
 */

interface Text {
  readonly language: string
  readonly sms: string
}

interface Gated<T> {
  readonly recipients:
    | { readonly to: 'public' }
    /** Exactly its members, whatever areas and groups the alert names. */
    | { readonly to: 'roster'; readonly roster: string }
  readonly texts: readonly T[]
}

/**
 * @param roster id of the listed group that a drill names
 * @throws AppError `invalid_alert` for a drill without a roster: it may reach nobody; and for a roster on the
 *   real thing, which would keep the alert from those that it is for
 */
export function throughGate<T extends Text>(
  status: Status,
  roster: string | undefined,
  texts: readonly T[],
): Gated<T> {
  if (status === 'Actual' && roster === undefined) return { recipients: { to: 'public' }, texts }
  if (status !== 'Actual' && roster !== undefined) {
    const marked = texts.map(text => ({ ...text, sms: withDrillWord(status, text) }))
    return { recipients: { to: 'roster', roster }, texts: marked }
  }
  const faults = [rosterFault(status, roster)].filter(fault => fault !== undefined)
  throw new AppError('invalid_alert', 'a roster goes with a drill, and a drill with a roster', {
    faults,
  })
}

export function rosterFault(status: Status, roster: string | undefined): Fault | undefined {
  const pointer = '/audience/roster'
  if (status !== 'Actual' && roster === undefined) {
    return faultAt(pointer, 'roster_required', { status })
  }
  if (status === 'Actual' && roster !== undefined) {
    return faultAt(pointer, 'roster_of_actual')
  }
  return undefined
}

function withDrillWord(status: Exclude<Status, 'Actual'>, { language, sms }: Text): string {
  const word = drillWord(status, language)
  return beginsWith(sms, word) ? sms : `${word}: ${sms}`
}

/** The word itself, in its capitals, not the beginning of another one. */
function beginsWith(sms: string, word: string): boolean {
  return sms.startsWith(word) && !/^[\p{L}\p{M}\p{N}]/u.test(sms.slice(word.length))
}

/** `EXERCISE` or `TEST` (also for `System`) in the language, in English where we don't know it. */
export function drillWord(status: Exclude<Status, 'Actual'>, language: string): string {
  const known = lookUpLanguage(language, Object.keys(DRILL_WORDS)) ?? 'en'
  const [exercise, test] = DRILL_WORDS[known] ?? DRILL_WORDS['en']
  return status === 'Exercise' ? exercise : test
}

/**
 * What makes people believe that a drill is the real thing, in whatever language it stands beside the drill word: it
 * was read out at the exercise of Hawaii, 2018, and the officer on duty believed it (FCC DOC-350119).
 */
const NOT_A_DRILL: readonly RegExp[] = [
  /\b(?:not|isn['’]?t|wasn['’]?t|never) (?:an? (?:drill|exercise|test)|drill)\b/iu,
  /\bno drill\b/iu,
  /\bno (?:es|son|se trata de) (?:un |una |unos )?(?:simulacro|ejercicio|prueba|ensayo)s?\b/iu,
  /\bn['’]?est pas (?:un |une )?(?:exercice|test|simulation|essai)\b/iu,
  /\bpas (?:un |d['’]un )exercice\b/iu,
  /\b(?:kein|keine) (?:übung|uebung|test|probe)\b/iu,
  /\bn[ãa]o (?:é|e|se trata de) (?:um |uma )?(?:simula(?:cro|do|ção)|exerc[ií]cio|teste)\b/iu,
  /\bnon (?:è|e['’]?) (?:un |una |un['’])?(?:esercitazione|prova|test)\b/iu,
  /\bgeen (?:oefening|test)\b/iu,
  /\b(?:ingen|inte en|ikke en) (?:övning|øvelse|test)\b/iu,
  /\bto nie (?:są |jest )?(?:ćwiczenia|ćwiczenie|test)/iu,
  /не (?:учения|учение|учебная|навчання|тест)/iu,
  /(?:không phải|đây không phải) (?:là )?(?:diễn tập|thử nghiệm)/iu,
  /hindi (?:ito )?(?:ito ay )?(?:isang )?(?:pagsasanay|pagsubok|drill)/iu,
  /(?:不是|并非|並非|非)(?:演习|演習|测试|測試)/u,
  /(?:訓練|テスト)では(?:ありません|ない|なく)/u,
  /(?:훈련|시험|연습)(?:이|가)? ?(?:아닙니다|아니다|아님)/u,
  /(?:ليس|ليست) (?:هذا )?(?:تمرين|اختبار)/u,
]

/** The words of a text that say that it is no drill, if it says so. */
export function notADrill(text: string): string | undefined {
  const read = text.normalize('NFKC').replaceAll(/\s+/gu, ' ')
  return NOT_A_DRILL.flatMap(pattern => pattern.exec(read)?.[0] ?? [])[0]
}

// Where a language has a choice, the word that GSM-7 can write: one Í would make the whole text UCS-2.
const DRILL_WORDS: Readonly<Record<string, readonly [exercise: string, test: string]>> & {
  readonly en: readonly [string, string]
} = {
  en: ['EXERCISE', 'TEST'],
  ar: ['تمرين', 'اختبار'],
  bg: ['УЧЕНИЕ', 'ТЕСТ'],
  bn: ['মহড়া', 'পরীক্ষা'],
  bs: ['VJEŽBA', 'TEST'],
  ca: ['SIMULACRE', 'PROVA'],
  cs: ['CVIČENÍ', 'TEST'],
  cy: ['YMARFER', 'PRAWF'],
  da: ['ØVELSE', 'TEST'],
  de: ['ÜBUNG', 'TEST'],
  el: ['ΑΣΚΗΣΗ', 'ΔΟΚΙΜΗ'],
  es: ['EJERCICIO', 'PRUEBA'],
  et: ['ÕPPUS', 'TEST'],
  eu: ['SIMULAKROA', 'PROBA'],
  fa: ['تمرین', 'آزمایش'],
  fi: ['HARJOITUS', 'TESTI'],
  fil: ['PAGSASANAY', 'PAGSUBOK'],
  fr: ['EXERCICE', 'TEST'],
  ga: ['CLEACHTADH', 'TEIST'],
  gl: ['SIMULACRO', 'PROBA'],
  he: ['תרגיל', 'בדיקה'],
  hi: ['अभ्यास', 'परीक्षण'],
  hr: ['VJEŽBA', 'TEST'],
  ht: ['EGZÈSIS', 'TÈS'],
  hu: ['GYAKORLAT', 'TESZT'],
  id: ['LATIHAN', 'UJI COBA'],
  is: ['ÆFING', 'PRÓFUN'],
  it: ['ESERCITAZIONE', 'PROVA'],
  ja: ['訓練', 'テスト'],
  ko: ['훈련', '시험'],
  lt: ['PRATYBOS', 'TESTAS'],
  lv: ['MĀCĪBAS', 'TESTS'],
  ms: ['LATIHAN', 'UJIAN'],
  nb: ['ØVELSE', 'TEST'],
  nl: ['OEFENING', 'TEST'],
  nn: ['ØVING', 'TEST'],
  no: ['ØVELSE', 'TEST'],
  pl: ['ĆWICZENIA', 'TEST'],
  pt: ['SIMULACRO', 'TESTE'],
  'pt-BR': ['SIMULADO', 'TESTE'],
  ro: ['SIMULARE', 'TEST'],
  ru: ['УЧЕНИЯ', 'ТЕСТ'],
  sk: ['CVIČENIE', 'TEST'],
  sl: ['VAJA', 'TEST'],
  sq: ['STËRVITJE', 'TEST'],
  sr: ['ВЕЖБА', 'ТЕСТ'],
  'sr-Latn': ['VEŽBA', 'TEST'],
  sv: ['ÖVNING', 'TEST'],
  th: ['ฝึกซ้อม', 'ทดสอบ'],
  tl: ['PAGSASANAY', 'PAGSUBOK'],
  tr: ['TATBİKAT', 'TEST'],
  uk: ['НАВЧАННЯ', 'ТЕСТ'],
  ur: ['مشق', 'ٹیسٹ'],
  vi: ['DIỄN TẬP', 'THỬ NGHIỆM'],
  zh: ['演习', '测试'],
  'zh-Hant': ['演習', '測試'],
  'zh-HK': ['演習', '測試'],
  'zh-TW': ['演習', '測試'],
}
