/** The resources of settings and reports, by the schemas that make them: types alone. */
import type { z } from 'zod'
import type { entrySchema } from '../../http/audit.ts'
import type { keySchema } from '../../http/keys.ts'
import type { organisationSchema } from '../../http/organisation.ts'

export type AuditEntry = z.infer<typeof entrySchema>
export type SigningKey = z.infer<typeof keySchema>
export type Organisation = z.infer<typeof organisationSchema>
