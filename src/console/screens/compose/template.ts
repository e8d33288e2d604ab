/** Templates as an author fills them in. Pure. */
import type { z } from 'zod'
import type { templateResourceSchema, templateSummarySchema } from '../../../http/templates.ts'
import type { Blank, BlankValues } from '../../../templates/blanks.ts'
import type { Form, Text } from './form.ts'

export type Template = z.infer<typeof templateResourceSchema>
export type TemplateSummary = z.infer<typeof templateSummarySchema>
export type { Blank }

/** What it says beside its texts. */
export function takenFrom(template: Template): Partial<Form> {
  return {
    replies: template.replies.options,
    minutes: template.durationMinutes,
    category: template.category,
    urgency: template.urgency,
    certainty: template.certainty,
    responseType: template.responseType,
    eventCode: template.eventCode,
  }
}

/** Whether the server fills it in where the author does not. */
export function isOptional(blank: Blank): boolean {
  return blank.type === 'time' ? blank.expires : blank.default !== undefined
}

export function missingBlanks({ blanks }: Pick<Template, 'blanks'>, given: BlankValues): Blank[] {
  return blanks.filter(blank => {
    const value = given[blank.name]
    return (value === undefined || value === '') && !isOptional(blank)
  })
}

export function isFilledIn(template: Template, given: BlankValues): boolean {
  return missingBlanks(template, given).length === 0
}

/** The texts as far as they are filled in: what is still blank stands in brackets by its label. */
export function preview(template: Template, given: BlankValues, sender: string): Text[] {
  const fill = (text: string) =>
    text.replaceAll(/\{([a-z\d_]*)\}/g, (_whole, name: string) => {
      if (name === 'sender') return sender
      const value = given[name]
      if (typeof value === 'string' && value !== '') return value
      if (typeof value === 'number') return String(value)
      return `[${template.blanks.find(blank => blank.name === name)?.label ?? name}]`
    })
  return template.texts.map(text => ({
    language: text.language,
    sms: fill(text.sms),
    headline: text.headline && fill(text.headline),
    description: text.description && fill(text.description),
    instruction: text.instruction && fill(text.instruction),
    cancel: fill(text.cancel ?? ''),
    allClear: fill(text.allClear ?? ''),
  }))
}
