/** All that signed content says to anybody, beside the texts that phones get at once. */
import { count, languageName, percent as share, span, words } from '../../lib/i18n.ts'
import type { SignedContent } from '../../lib/types.ts'

type Said = SignedContent['corrections']['cancel']

export interface FollowUp {
  readonly title: string
  readonly said: Said
}

/** What may be sent later on the same signatures. */
export function followUpsOf({
  corrections,
  reminders,
  escalations = [],
  replies,
}: SignedContent): FollowUp[] {
  const { approve } = words()
  const { quotaTexts } = replies
  const of = (title: string, said: Said = []) => (said.length === 0 ? undefined : { title, said })
  const all: (FollowUp | undefined)[] = [
    of(approve.correctionCancel, corrections.cancel),
    of(approve.correctionAllClear, corrections.allClear),
    // Without texts of its own a reminder says the alert's once more.
    reminders && {
      title: approve.reminders(reminders.times, span(reminders.afterMinutes * 60)),
      said: reminders.texts ?? [],
    },
    of(approve.quotaTaken, quotaTexts?.taken),
    of(approve.quotaFull, quotaTexts?.full),
    ...escalations.map(({ when, option = '', count: n, percent, to, afterMinutes, texts }) => ({
      title: approve.escalation(
        approve.escalationWhen[when](
          option,
          percent === undefined ? count(n ?? 0) : share(percent, 100),
        ),
        span(afterMinutes * 60),
        to.name,
      ),
      said: texts,
    })),
  ]
  return all.filter(one => one !== undefined)
}

/** Whom it reaches by what went out before it, whatever its areas and groups are. */
export function reachedBeforeOf({
  only,
  reached = [],
}: Pick<SignedContent, 'only' | 'reached'>): string | undefined {
  const { approve } = words()
  if (only === 'noReply') return approve.reached.noReply
  if (only === 'reached') return approve.reached.only
  return reached.length > 0 ? approve.reached.too : undefined
}

interface Beside {
  readonly title: string
  readonly language: string
  readonly paragraphs: readonly string[]
}

/** What stands in letters, on recipients' own pages and in the public feed, where there is more room than in a text. */
export function besideOf({ info }: Pick<SignedContent, 'info'>): Beside[] {
  const { preview } = words()
  return info.map(({ language, event, headline, description, instruction, web, contact }) => ({
    title: preview.beside(languageName(language)),
    language,
    paragraphs: [headline ?? event, description, instruction, web, contact].filter(
      part => part !== undefined && part !== '',
    ) as string[],
  }))
}
