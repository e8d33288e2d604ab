/** An alert as the API shows it, whole and in lists. */
import { z } from 'zod'
import { draftWarnings } from '../alerts/draft-faults.ts'
import { whoHasSeen } from '../alerts/eyes.ts'
import { kindOf } from '../alerts/follow-ups.ts'
import { templateWarnings } from '../alerts/template-texts.ts'
import { isAllClear } from '../cap/all-clear.ts'
import { draftSchema, infoSchema, SEVERITIES, STATUSES } from '../cap/alert.ts'
import type { Fault } from '../errors.ts'
import { ALERT_ROLES } from '../signing/jws.ts'
import type { AlertRow, AlertSummary } from '../store/alerts.ts'
import type { Database } from '../store/database.ts'
import { listFollowUps } from '../store/follow-ups.ts'
import { listHistory } from '../store/history.ts'
import { ALERT_STATES, MODES } from '../store/schema.ts'
import { standingSignatures } from '../store/signatures.ts'
import { type AlertTemplateRow, findAlertTemplate } from '../store/templates.ts'
import { type BlankValues, valuesSchema } from '../templates/blanks.ts'
import { readVersion } from '../templates/templates.ts'
import { faultSchema } from './problem.ts'
import { timeSchema } from './resources.ts'

const common = {
  id: z.uuid(),
  revision: z.int(),
  state: z.enum(ALERT_STATES),
  mode: z.enum(MODES),
  exerciseId: z.uuid().nullable().meta({ description: 'The exercise that it belongs to' }),
  severity: z.enum(SEVERITIES).meta({ description: 'The highest of its blocks' }),
  maxRecipients: z.int().nullable(),
  minRecipients: z.int().nullable().meta({
    description: 'Nothing is sent to fewer: half of the estimate unless said',
  }),
  recipients: z.int().nullable().meta({ description: 'Fixed before the first message' }),
  byRuleOf: z.uuid().nullable().meta({
    description:
      'The feed by whose rule it was written and submitted, in the name of `createdBy`: no person had read it then',
  }),
  allClear: z.boolean().meta({ description: 'An Update whose every block says `AllClear`' }),
  brokeGlass: z.boolean().meta({
    description: 'An author let it go without an approver: its history says who, and why',
  }),
  createdBy: z.uuid(),
  createdAt: timeSchema,
  updatedAt: timeSchema,
  sent: timeSchema.nullable().meta({ description: 'CAP `sent`: when it was submitted' }),
  expires: timeSchema.nullable().meta({ description: 'The latest of its blocks, once submitted' }),
  dispatchedAt: timeSchema.nullable(),
  holdUntil: timeSchema.nullable(),
  finishedAt: timeSchema.nullable(),
  recipientsDeletedAt: timeSchema.nullable().meta({
    description:
      'Since when nobody can say whom it went to: `retention.deliveriesDays` after its end; its counts stay',
  }),
}

export const alertSchema = z
  .object({
    ...draftSchema.shape,
    ...common,
    references: z.array(z.uuid()).meta({ description: 'The alerts of ours that it follows' }),
    template: z
      .object({
        id: z.uuid(),
        version: z.int(),
        name: z.string(),
        blanks: valuesSchema,
        partedAt: timeSchema.nullable().meta({
          description: 'Until then it says what the template says, or is not submitted',
        }),
      })
      .nullable()
      .meta({ description: 'What it was made of' }),
    correctedBy: z
      .array(
        z.object({
          id: z.uuid(),
          kind: z.enum(['update', 'cancel', 'allClear']),
          state: z.enum(ALERT_STATES),
          dispatchedAt: timeSchema,
        }),
      )
      .meta({ description: 'What was dispatched that follows it, the oldest first' }),
    reminderOf: z.uuid().nullable().meta({ description: 'The alert whose silent ones it reminds' }),
    escalationOf: z.uuid().nullable().meta({ description: 'Of which it tells those on duty' }),
    contentDigest: z.string().nullable().meta({ description: 'SHA-256 of the signed bytes, hex' }),
    warnings: z.array(faultSchema),
    signatures: z.array(
      z.object({
        role: z.enum(ALERT_ROLES).meta({
          description: '`breakGlass`: of an author who sent it without an approver',
        }),
        operatorId: z.uuid(),
        kid: z.string(),
        jws: z.string(),
        at: timeSchema,
        passkey: z
          .object({ credentialId: z.string(), at: timeSchema })
          .nullable()
          .meta({ description: 'What confirmed that its owner was there, and was verified' }),
      }),
    ),
    seenBy: z
      .array(z.object({ operatorId: z.uuid(), name: z.string(), at: timeSchema }))
      .meta({ description: 'Approvers who have opened it as it was submitted last' }),
    history: z.array(
      z.object({
        at: timeSchema,
        operatorId: z.uuid().nullable(),
        action: z.string(),
        from: z.string().nullable(),
        to: z.string().nullable(),
        detail: z.string().nullable(),
      }),
    ),
  })
  .meta({ id: 'Alert' })

export const summarySchema = z
  .object({
    ...common,
    status: z.enum(STATUSES),
    msgType: draftSchema.shape.msgType,
    info: z.array(
      infoSchema.pick({
        language: true,
        event: true,
        severity: true,
        headline: true,
        expires: true,
      }),
    ),
  })
  .meta({ id: 'AlertSummary' })

function commonFields(alert: Omit<AlertSummary, 'brokeGlass' | 'isAllClear'>) {
  const { id, revision, state, mode, exerciseId, severity, recipients, createdBy } = alert
  const { maxRecipients, minRecipients, byRuleOf } = alert
  return {
    id,
    revision,
    state,
    mode,
    exerciseId,
    severity,
    maxRecipients,
    minRecipients,
    recipients,
    byRuleOf,
    createdBy,
    createdAt: alert.createdAt.toISOString(),
    updatedAt: alert.updatedAt.toISOString(),
    sent: alert.sent?.toISOString() ?? null,
    expires: alert.expires?.toISOString() ?? null,
    dispatchedAt: alert.dispatchedAt?.toISOString() ?? null,
    holdUntil: alert.holdUntil?.toISOString() ?? null,
    finishedAt: alert.finishedAt?.toISOString() ?? null,
    recipientsDeletedAt: alert.recipientsDeletedAt?.toISOString() ?? null,
  }
}

export function summaryResource(alert: AlertSummary): z.infer<typeof summarySchema> {
  const { status, msgType, isAllClear: allClear, info, brokeGlass } = alert
  return { ...commonFields(alert), brokeGlass, status, msgType, allClear, info: [...info] }
}

export async function alertResource(
  db: Database,
  alert: AlertRow & { readonly cleaned?: readonly Fault[] },
): Promise<z.infer<typeof alertSchema>> {
  const { draft, references, contentDigest } = alert
  const signatures = await standingSignatures(db, alert.id)
  const followUps = await listFollowUps(db, [alert.id])
  const history = await listHistory(db, alert.id)
  const made = await findAlertTemplate(db, alert.id)
  return {
    ...draft,
    ...commonFields({ ...alert, info: draft.info }),
    allClear: isAllClear(draft),
    brokeGlass: signatures.some(({ role }) => role === 'breakGlass'),
    references,
    correctedBy: followUps.map(one => ({
      id: one.id,
      kind: kindOf(one),
      state: one.state,
      dispatchedAt: one.dispatchedAt.toISOString(),
    })),
    reminderOf: alert.reminderOf,
    escalationOf: alert.escalationOf,
    contentDigest,
    template: made === undefined ? null : await templateResource(db, made),
    warnings: [
      ...(alert.cleaned ?? []),
      ...draftWarnings(draft),
      ...(made === undefined || alert.state !== 'draft'
        ? []
        : await templateWarnings(db, draft, made)),
    ],
    signatures: signatures.map(({ role, operatorId, kid, jws, at, passkey }) => ({
      role,
      operatorId,
      kid,
      jws,
      at: at.toISOString(),
      passkey: passkey && { credentialId: passkey.credentialId, at: at.toISOString() },
    })),
    seenBy: (await whoHasSeen(db, alert.id)).map(one => ({ ...one, at: one.at.toISOString() })),
    history: history.map(entry => ({ ...entry, at: entry.at.toISOString() })),
  }
}

async function templateResource(db: Database, made: AlertTemplateRow) {
  const { templateId: id, version, partedAt } = made
  const { template } = await readVersion(db, id, version)
  return {
    id,
    version,
    name: template.name,
    blanks: made.blanks as BlankValues,
    partedAt: partedAt?.toISOString() ?? null,
  }
}
