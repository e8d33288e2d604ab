import type { z } from 'zod'
import type { scoreSchema } from '../../../../http/exercises.ts'
import { settingsWords } from '../../../i18n/settings.ts'
import { count, span } from '../../../lib/i18n.ts'

/** `GET /v1/exercises/{id}/score` */
export type ExerciseScore = z.infer<typeof scoreSchema>
export type ScoredAlert = ExerciseScore['alerts'][number]

/** What a line of the score says, in the reader's language; the server's own words are English. */
export function saidOf(alert: ScoredAlert, item: ScoredAlert['lines'][number]['item']): string {
  const { lines } = settingsWords().exercises
  const { firstSentAfter, ninetyDeliveredAfter, mistakes, prepared, help } = alert
  switch (item) {
    case 'sent':
      return firstSentAfter === null ? lines.notSent : lines.sent(span(firstSentAfter))
    case 'delivered':
      return ninetyDeliveredAfter === null
        ? lines.notDelivered
        : lines.delivered(span(ninetyDeliveredAfter))
    case 'mistakes':
      if (mistakes.length > 0) return lines.takenBack(mistakes.map(nameOfStep).join(', '))
      return firstSentAfter === null ? lines.neverSent : lines.nothingTakenBack
    case 'corrections': {
      const missing = (['cancel', 'allClear'] as const).filter(kind => !prepared[kind])
      if (missing.length === 0) return lines.prepared
      return lines.notPrepared(missing.map(kind => lines[kind]).join(', '))
    }
    case 'help':
      return help.asked === 0
        ? lines.nobodyAsked
        : lines.helped(count(help.handled), count(help.asked))
  }
}

export function nameOfStep(step: string): string {
  const names: Readonly<Record<string, string | undefined>> = settingsWords().exercises.steps
  return names[step] ?? step
}
