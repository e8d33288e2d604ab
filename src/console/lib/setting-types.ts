/** The resources of settings and reports, by the schemas that make them: types alone. */
import type { z } from 'zod'
import type { entrySchema } from '../../http/audit.ts'
import type { capKeySchema } from '../../http/cap-keys.ts'
import type { carrierSchema } from '../../http/carriers.ts'
import type { contactSchema } from '../../http/contacts.ts'
import type { exerciseSchema } from '../../http/exercises.ts'
import type { feedMessagesSchema, feedSchema } from '../../http/feeds.ts'
import type { loadedSchema, setSchema } from '../../http/geocode-sets.ts'
import type { groupSchema } from '../../http/groups.ts'
import type { importSchema, rejectSchema } from '../../http/imports.ts'
import type { keySchema } from '../../http/keys.ts'
import type { consentSchema } from '../../http/opt-outs.ts'
import type { organisationSchema } from '../../http/organisation.ts'
import type { scheduleSchema } from '../../http/report-schedules.ts'
import type { reportSchema } from '../../http/report-schema.ts'
import type { statisticsSchema, unreachedSchema } from '../../http/statistics.ts'
import type { replySchema } from '../../http/replies.ts'
import type {
  connectionSchema,
  noticeDeliverySchema,
  subscriberSchema,
  withSecretSchema,
} from '../../http/subscribers.ts'
import type {
  templateResourceSchema,
  templateSummarySchema,
  versionSchema,
} from '../../http/templates.ts'

export type AuditEntry = z.infer<typeof entrySchema>
export type Carrier = z.infer<typeof carrierSchema>
export type Consent = z.infer<typeof consentSchema>
export type Contact = z.infer<typeof contactSchema>
export type GeocodeSet = z.infer<typeof setSchema>
export type LoadedGeocodeSet = z.infer<typeof loadedSchema>
export type Group = z.infer<typeof groupSchema>
export type Import = z.infer<typeof importSchema>
export type Organisation = z.infer<typeof organisationSchema>
export type Reject = z.infer<typeof rejectSchema>
export type Report = z.infer<typeof reportSchema>
export type ReportSchedule = z.infer<typeof scheduleSchema>
export type Statistics = z.infer<typeof statisticsSchema>
export type UnreachedContact = z.infer<typeof unreachedSchema>
export type Reply = z.infer<typeof replySchema>
export type SigningKey = z.infer<typeof keySchema>
export type ConnectionCheck = z.infer<typeof connectionSchema>
export type CapKey = z.infer<typeof capKeySchema>
export type ExerciseResource = z.infer<typeof exerciseSchema>
export type Feed = z.infer<typeof feedSchema>
export type FeedMessage = z.infer<typeof feedMessagesSchema>['items'][number]
export type NoticeDelivery = z.infer<typeof noticeDeliverySchema>
export type Subscriber = z.infer<typeof subscriberSchema>
export type SubscriberWithSecret = z.infer<typeof withSecretSchema>
export type Template = z.infer<typeof templateResourceSchema>
export type TemplateVersion = z.infer<typeof versionSchema>
export type TemplateSummary = z.infer<typeof templateSummarySchema>
