/** The API's resources, by the schemas that make them: types alone, nothing of the server is loaded. */
import type { z } from 'zod'
import type { areaSchema } from '../../cap/area.ts'
import type { AlertContent } from '../../cap/content.ts'
import type { alertSchema, summarySchema } from '../../http/alert-resource.ts'
import type { movedSchema } from '../../http/alerts.ts'
import type { estimateSchema } from '../../http/estimate-schema.ts'
import type { composedAreaSchema } from '../../http/areas.ts'
import type { profileSchema } from '../../http/cap.ts'
import type { letterSchema } from '../../http/letters.ts'
import type { requestSchema, storySchema } from '../../http/help-requests.ts'
import type { operatorSchema } from '../../http/operators.ts'
import type { approversSchema, personSchema } from '../../http/people.ts'
import type { replySchema } from '../../http/replies.ts'
import type { countedSchema } from '../../http/report-schema.ts'
import type { lintedSchema } from '../../http/texts.ts'
import type { deliverySchema, progressSchema, tallySchema } from '../../http/watching.ts'

export type Alert = z.infer<typeof alertSchema>
export type Operator = z.infer<typeof operatorSchema>
export type Progress = z.infer<typeof progressSchema>
export type Tally = z.infer<typeof tallySchema>

export type SignedContent = AlertContent
export type Estimate = z.infer<typeof estimateSchema>
export type Moved = z.infer<typeof movedSchema>
export type Delivery = z.infer<typeof deliverySchema>
export type Letter = z.infer<typeof letterSchema>
export type ProfileVerdict = z.infer<typeof profileSchema>
export type HelpRequest = z.infer<typeof requestSchema>
export type HelpStory = z.infer<typeof storySchema>
export type Reply = z.infer<typeof replySchema>
export type Outcomes = z.infer<typeof countedSchema>
export type LintedTexts = z.infer<typeof lintedSchema>
export type PersonHere = z.infer<typeof personSchema>
export type Approvers = z.infer<typeof approversSchema>

export type AlertState = Alert['state']
export type Severity = Alert['severity']
export type Info = Alert['info'][number]
export type Area = z.infer<typeof areaSchema>
export type ComposedArea = z.infer<typeof composedAreaSchema>

/** A row of `GET /v1/alerts`. */
export type AlertSummary = z.infer<typeof summarySchema>

export interface Page<T> {
  readonly items: readonly T[]
  readonly nextCursor: string | null
}
