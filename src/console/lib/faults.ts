/**
 * What the API finds wrong with a field, in the console's own words. They are loaded when the first fault comes: no
 * first screen needs them.
 */
import { signal } from '@preact/signals'
import type { FaultCode, FaultValues } from '../../faults.ts'
import { dayAndClock, language, type Language } from './i18n.ts'

/** As the API sends it: of a server that is newer than this page there may be other codes. */
export interface ApiFault {
  readonly pointer: string
  readonly line?: number | undefined
  readonly detail: string
  readonly code?: string | undefined
  readonly values?: FaultValues | undefined
  /** Whose network would refuse it. */
  readonly profile?: string | undefined
}

type Catalogue = Readonly<Record<FaultCode, string>>

const catalogue = signal<{ readonly of: Language; readonly words: Catalogue } | undefined>(
  undefined,
)

/** Resolves when the words of the language in force are there, or can not be had: then the API's own stand in. */
export async function loadFaultWords(): Promise<void> {
  const of = language.value
  if (catalogue.value?.of === of) return
  const loading = of === 'es' ? import('../i18n/es/faults.ts') : import('../i18n/en/faults.ts')
  const loaded = await loading.catch(() => undefined)
  if (loaded !== undefined) catalogue.value = { of, words: loaded.faults }
}

/** As the networks are called in every language. */
const NETWORKS: Readonly<Record<string, string>> = {
  ipaws: 'IPAWS',
  'cap-cp': 'CAP-CP',
  meteoalarm: 'MeteoAlarm',
}

/** Read in a component, it is drawn anew when the words have come. @returns the API's English where there are none */
export function sayFault({
  code,
  values = {},
  detail,
  profile,
}: Omit<ApiFault, 'pointer'>): string {
  const words = wordsNow()
  // The API's own words name the profile.
  if (words === undefined || !isIn(words, code)) return detail
  const own = words[code].replaceAll(/<(\w+)>/g, (given, name: string) =>
    saidValue(values[name] ?? given),
  )
  return profile === undefined ? own : `${NETWORKS[profile] ?? profile}: ${own}`
}

const INSTANT = /^\d{4}-\d\d-\d\dT[\d:.]+Z$/

/** Moments by the organisation's clock, as everywhere on the screen. */
const saidValue = (value: string | number): string =>
  typeof value === 'string' && INSTANT.test(value) ? dayAndClock(value) : String(value)

export function isTranslated({ code }: Pick<ApiFault, 'code'>): boolean {
  const words = wordsNow()
  return words !== undefined && isIn(words, code)
}

function wordsNow(): Catalogue | undefined {
  if (catalogue.value?.of === language.value) return catalogue.value.words
  void loadFaultWords()
  return undefined
}

const isIn = (words: Catalogue, code: string | undefined): code is FaultCode =>
  code !== undefined && code in words
