/** A feed's rule as its form holds it, and as the API has it. */
import { settingsWords } from '../../../i18n/settings.ts'
import { withoutEmpty } from '../../../lib/pointer.ts'
import { Problem } from '../../../lib/problem.ts'
import type { Feed, Template } from '../../../lib/setting-types.ts'

export type Terms = NonNullable<Feed['rule']>['terms']
type Blank = NonNullable<Terms['template']>['blanks'][string]

export const SOURCES = ['areaDesc', 'event', 'headline', 'senderName', 'fixed'] as const

/** Where a blank of the template comes from, null: it is as the template has it; `text` of one that is always the same. */
interface BlankDraft {
  readonly from: (typeof SOURCES)[number] | null
  readonly text?: string | null
}

export interface RuleDraft extends Omit<
  Terms,
  'events' | 'template' | 'maxRecipients' | 'maxHours'
> {
  readonly events: readonly string[]
  readonly maxRecipients: number | null
  readonly maxHours: number | null
  readonly templateId: string | null
  readonly takesBack: 'cancel' | 'allClear'
  readonly blanks: Readonly<Record<string, BlankDraft>>
}

export const FRESH: RuleDraft = {
  statuses: ['Actual'],
  msgTypes: ['Alert', 'Update', 'Cancel'],
  events: [],
  severities: ['Extreme', 'Severe'],
  urgencies: ['Immediate', 'Expected'],
  certainties: ['Observed', 'Likely'],
  jurisdiction: {},
  maxRecipients: null,
  maxHours: 24,
  texts: 'message',
  templateId: null,
  takesBack: 'allClear',
  blanks: {},
}

export function draftOf({ events, template, ...terms }: Terms): RuleDraft {
  const blanks = Object.entries(template?.blanks ?? {}).map(
    ([name, blank]) => [name, blankDraftOf(blank)] as const,
  )
  return {
    ...terms,
    events: events ?? [],
    templateId: template?.id ?? null,
    takesBack: template?.takesBack ?? 'allClear',
    blanks: Object.fromEntries(blanks),
  }
}

function blankDraftOf(blank: Blank): BlankDraft {
  if (typeof blank !== 'object') return { from: 'fixed', text: String(blank) }
  return 'from' in blank
    ? { from: blank.from }
    : { from: 'fixed', text: blank.map(({ text }) => text).join('; ') }
}

/**
 * As the API has it.
 *
 * @param template - the one that is chosen, once it is known
 * @throws Problem where no border is given
 */
export function termsOf(draft: RuleDraft, template: Template | undefined): object {
  const { events, templateId, takesBack, blanks, jurisdiction, ...terms } = draft
  const inside = withoutEmpty({ ...jurisdiction })
  if (Object.keys(inside).length === 0) {
    const detail = settingsWords().feedRules.borderEmpty
    throw new Problem(detail, {
      status: 0,
      code: 'invalid_request',
      errors: [{ pointer: '/rule/jurisdiction/geocodes', detail }],
    })
  }
  const given = (template?.blanks ?? []).flatMap(({ name, type }): [string, unknown][] => {
    const { from, text } = blanks[name] ?? { from: null }
    if (from === null) return []
    if (from !== 'fixed') return [[name, { from }]]
    return [[name, type === 'number' ? Number(text) : (text ?? '')]]
  })
  const hasTemplate = terms.texts !== 'message' && templateId !== null
  return {
    ...terms,
    events: events.length === 0 ? null : events,
    jurisdiction: inside,
    template: hasTemplate ? { id: templateId, blanks: Object.fromEntries(given), takesBack } : null,
  }
}

/** Where in the form a fault of the API lies. */
export function pointerInForm(pointer: string): string {
  const at = pointer.replace(/^\/rule/, '')
  const blank = /^\/template\/blanks\/([^/]+)/.exec(at)
  if (blank !== null) return `/blanks/${blank[1]}/from`
  return at === '/template' || at.startsWith('/template/id') ? '/templateId' : at
}
