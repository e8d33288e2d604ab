/** What everybody is written when an alert is sent without an approver. */
import type { AlertRow } from '../store/alerts.ts'
import type { Organisation } from '../store/organisation.ts'

interface Told {
  readonly name: string
  readonly title: string
  readonly severity: string
  readonly time: string
  readonly minutes: string
  readonly reason: string
  readonly url: string
  readonly organisation: string
}

const WORDS = {
  en: {
    subject: ({ title }: Told) => `Sent without an approver: ${title}`,
    body: ({ name, title, severity, time, minutes, reason, url, organisation }: Told) => [
      `${name} sends the alert “${title}” (${severity}) alone, at ${time}. Nobody had approved it after ${minutes} minutes.`,
      `Reason: ${reason}`,
      `It can be paused and stopped at ${url}`,
      `Everybody who works with alerts at ${organisation} gets this letter.`,
    ],
  },
  es: {
    subject: ({ title }: Told) => `Enviada sin aprobador: ${title}`,
    body: ({ name, title, severity, time, minutes, reason, url, organisation }: Told) => [
      `${name} envía la alerta «${title}» (${severity}) sin otra persona, a las ${time}. Nadie la había aprobado al cabo de ${minutes} minutos.`,
      `Motivo: ${reason}`,
      `Se puede pausar y detener en ${url}`,
      `Todas las personas que trabajan con alertas en ${organisation} reciben este correo.`,
    ],
  },
} as const

type Language = keyof typeof WORDS

export function breakGlassLetter(
  { id, severity, draft }: Pick<AlertRow, 'id' | 'severity' | 'draft'>,
  {
    name: organisation,
    languages,
    timeZone,
  }: Pick<Organisation, 'name' | 'languages' | 'timeZone'>,
  done: {
    readonly name: string
    readonly reason: string
    readonly url: string
    readonly waitedSeconds: number
    readonly now: Date
  },
): { readonly subject: string; readonly body: string; readonly language: Language } {
  const primary = languages.map(tag => tag.toLowerCase().split('-')[0])
  const language = primary.find((one): one is Language => one === 'en' || one === 'es') ?? 'en'
  const [info] = draft.info
  const { name, reason, url, waitedSeconds, now } = done
  const told = {
    name,
    title: info?.headline ?? info?.event ?? id,
    severity,
    time: new Intl.DateTimeFormat(language, { timeZone, timeStyle: 'long' }).format(now),
    minutes: String(Math.floor(waitedSeconds / 60)),
    reason,
    url,
    organisation,
  }
  const words = WORDS[language]
  return {
    subject: words.subject(told).replaceAll(/[\s\p{Cc}]+/gu, ' '),
    body: `${words.body(told).join('\n\n')}\n`,
    language,
  }
}
