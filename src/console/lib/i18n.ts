/**
 * The console's own words; the language of alerts has nothing to do with it.
 *
 * A catalogue is a tree of sentences and of functions that make one. Every other language has the type of the
 * English one, so that a sentence nobody translated does not compile.
 */
import { computed, effect, signal } from '@preact/signals'
import { english } from '../i18n/english.ts'

export type Words = typeof english
export type Language = 'en' | 'es'

const KEY = 'tocsin.language'
export const LANGUAGES: Readonly<Record<Language, string>> = { en: 'English', es: 'Español' }

const catalogue = signal<Words>(english)
export const language = signal<Language>('en')

/** The words of the language in force. Read in a component, it is drawn anew when the language changes. */
export const words = (): Words => catalogue.value

export async function chooseLanguage(next: Language): Promise<void> {
  catalogue.value = next === 'en' ? english : (await import('../i18n/spanish.ts')).spanish
  language.value = next
  localStorage.setItem(KEY, next)
}

export async function applyLanguage(): Promise<void> {
  effect(() => void (document.documentElement.lang = language.value))
  const kept = localStorage.getItem(KEY)
  const wanted = kept ?? (navigator.language.startsWith('es') ? 'es' : 'en')
  if (wanted === 'es') await chooseLanguage('es')
}

/** The organisation's, once known: times are told by its clock, whoever looks from wherever. */
export const timeZone = signal<string | undefined>(undefined)

const locale = computed(() => (language.value === 'es' ? 'es-US' : 'en-US'))
const zoned = () => (timeZone.value === undefined ? {} : { timeZone: timeZone.value })

const numbers = computed(() => new Intl.NumberFormat(locale.value))
const clocks = computed(
  () =>
    new Intl.DateTimeFormat(locale.value, {
      ...zoned(),
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
      hourCycle: 'h23',
    }),
)
const A_DAY = { weekday: 'short', day: 'numeric', month: 'short', year: 'numeric' } as const
const days = computed(() => new Intl.DateTimeFormat(locale.value, { ...zoned(), ...A_DAY }))
const zones = computed(
  () => new Intl.DateTimeFormat(locale.value, { ...zoned(), timeZoneName: 'short' }),
)

export const count = (value: number): string => numbers.value.format(value)
export const percent = (part: number, whole: number): string =>
  whole === 0
    ? '–'
    : new Intl.NumberFormat(locale.value, { style: 'percent', maximumFractionDigits: 1 }).format(
        part / whole,
      )

type Instant = string | number | Date
const dateOf = (at: Instant) => (at instanceof Date ? at : new Date(at))

/** `15:59:12` */
export const clock = (at: Instant): string => clocks.value.format(dateOf(at))
/** `15:59` */
export const clockShort = (at: Instant): string => clock(at).slice(0, 5)
/** `Mon, Nov 23, 2026` */
export const day = (at: Instant): string => days.value.format(dateOf(at))
/** Of a date without a time, as `2026-11-23`: the same wherever. */
export const dayOfDate = (date: string): string =>
  new Intl.DateTimeFormat(locale.value, { timeZone: 'UTC', ...A_DAY }).format(new Date(date))
export const dayAndClock = (at: Instant): string => `${day(at)} ${clock(at)}`
/** `PST` */
export const zone = (at: Instant = new Date()): string =>
  zones.value.formatToParts(dateOf(at)).find(part => part.type === 'timeZoneName')?.value ?? ''

/** `1 min 44 s`, `3 h 5 min`, `2 d 4 h` */
export function span(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds))
  const { time } = words()
  if (whole < 60) return time.seconds(whole)
  if (whole < 3600) {
    const rest = whole % 60
    return [time.minutes(Math.floor(whole / 60)), ...(rest > 0 ? [time.seconds(rest)] : [])].join(
      ' ',
    )
  }
  if (whole < 86_400) {
    const rest = Math.floor((whole % 3600) / 60)
    return [time.hours(Math.floor(whole / 3600)), ...(rest > 0 ? [time.minutes(rest)] : [])].join(
      ' ',
    )
  }
  const rest = Math.floor((whole % 86_400) / 3600)
  return [time.days(Math.floor(whole / 86_400)), ...(rest > 0 ? [time.hours(rest)] : [])].join(' ')
}

/** `1:09` */
export function countdown(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds))
  const two = (value: number) => String(value).padStart(2, '0')
  const minutes = Math.floor(whole / 60)
  return minutes < 60
    ? `${minutes}:${two(whole % 60)}`
    : `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(whole % 60)}`
}

/** A language's own name: `Español`. */
export function languageName(tag: string): string {
  try {
    const name = new Intl.DisplayNames([tag], { type: 'language' }).of(tag) ?? tag
    return name.charAt(0).toLocaleUpperCase(tag) + name.slice(1)
  } catch {
    return tag
  }
}
