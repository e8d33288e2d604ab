import { eq, sql } from 'drizzle-orm'
import { z } from 'zod'
import { languageTag } from '../cap/alert.ts'
import { PROFILE_IDS } from '../cap/profiles/profiles.ts'
import { AppError } from '../errors.ts'
import type { Database } from './database.ts'
import { organisation } from './schema.ts'

const answerTexts = (of: string) =>
  z
    .record(languageTag, z.string().min(1).max(320))
    .refine(texts => Object.keys(texts).length <= 20, 'must be of at most 20 languages')
    .meta({ description: `${of}, by language (BCP 47)` })

export const passkeyPolicySchema = z
  .strictObject({
    signIn: z.enum(['optional', 'required']).meta({
      description:
        '`required`: a password alone no longer signs in. Who has no passkey yet may enrol one with it, and do nothing ' +
        'else; sign-ins from before go on until they end',
    }),
    authors: z.boolean().meta({ description: "To confirm each author's signature" }),
    approvers: z.boolean().meta({
      description:
        "To confirm each approver's signature: of approvals, and of corrections signed as approver",
    }),
    keys: z.boolean().meta({ description: 'To enrol a signing key' }),
  })
  .meta({
    description:
      'What takes a passkey. Whoever asks for more of it must have one, so that nobody shuts everyone out from a place ' +
      'where none can be made',
  })

/** What the organisation has decided. */
export const policySchema = z.strictObject({
  secondPerson: z.enum(['actual', 'all', 'none']).meta({
    description:
      "Which alerts need a second person's approval: status `Actual`, every one, or none",
  }),
  breakGlassAfterSeconds: z
    .int()
    .min(60)
    .max(3600)
    .nullable()
    .meta({
      description:
        'How long an `Actual` alert waits for an approver before an author may send it without one, with a reason and ' +
        'everybody told; null: never. It holds for what is submitted from then on',
    }),
  emergencySeverities: z
    .array(z.enum(['Extreme', 'Severe', 'Moderate', 'Minor', 'Unknown']))
    .max(5)
    .meta({ description: 'An `Actual` alert this severe skips only opt-outs of scope `all`' }),
  profiles: z
    .array(z.enum(PROFILE_IDS))
    .max(PROFILE_IDS.length)
    .meta({ description: 'CAP profiles whose networks must be able to take each submitted alert' }),
  maxSegments: z.int().min(1).max(255).meta({ description: 'What one text may take at most' }),
  templateReview: z.enum(['another', 'anyone', 'none']).meta({
    description:
      'Who must have reviewed a text of a template before an alert says it: somebody who did not write it, anybody, ' +
      'or nobody; what is stale is never said',
  }),
  linkUrl: z
    .string()
    .max(60)
    .regex(
      /^https?:\/\/[a-z0-9.-]+(:\d+)?$/,
      'must be a scheme and a host, such as https://alert.example',
    )
    .nullable()
    .meta({
      description:
        'Where `{link}` in a text leads: this service, by the shortest name that phones reach it by; null: nowhere',
    }),
  staleAfterDays: z.int().min(1).max(3650).meta({
    description: 'A contact that nobody has changed or confirmed for so long is counted as stale',
  }),
  holdSeconds: z.int().min(0).max(60).meta({
    description: 'How long the console holds an approved alert, so that a slip can be stopped',
  }),
  typedCountAbove: z.int().min(0).max(2_147_483_647).meta({
    description: 'Above so many phones the console has the approver type their number',
  }),
  passkeys: passkeyPolicySchema,
  helpText: z.string().min(1).max(320).meta({ description: 'The answer to HELP' }),
  optOutText: z.string().min(1).max(320).meta({ description: 'The one confirmation of STOP' }),
  optInText: z.string().min(1).max(320).meta({ description: 'The confirmation of START' }),
  helpTexts: answerTexts(
    "What answers HELP in other languages: the keyword's (AIDE asks in French), else the person's; else `helpText` does",
  ),
  optOutTexts: answerTexts('What confirms STOP in other languages, chosen as of `helpTexts`'),
  optInTexts: answerTexts('What confirms START in other languages, chosen as of `helpTexts`'),
})

/** Days after which what names people is dropped; counts and the audit trail stay. */
export const retentionSchema = z.strictObject({
  deliveriesDays: z
    .int()
    .min(1)
    .max(3650)
    .meta({
      description:
        "After the alert's end and its expiry: whom it went to is deleted, phones, contacts, addresses, message ids and " +
        'what became of each. At the earliest a week after its last message, for receipts and answers come so long; an ' +
        'alert that another one still follows waits for that',
    }),
  repliesDays: z
    .int()
    .min(1)
    .max(3650)
    .meta({ description: 'Of texts that people sent, and of what was answered to them' }),
})

export type Policy = z.output<typeof policySchema>
export type Retention = z.output<typeof retentionSchema>

export const DEFAULT_POLICY: Policy = {
  secondPerson: 'actual',
  breakGlassAfterSeconds: null,
  emergencySeverities: ['Extreme', 'Severe'],
  profiles: [],
  // Each segment takes a slot of every recipient's: ten are some 1,500 letters.
  maxSegments: 10,
  templateReview: 'another',
  linkUrl: null,
  staleAfterDays: 365,
  holdSeconds: 5,
  typedCountAbove: 100_000,
  passkeys: { signIn: 'optional', authors: false, approvers: false, keys: false },
  helpText:
    'Emergency alerts. In danger call 911. Msg&data rates may apply. Reply STOP to opt out.',
  // Within five minutes, once, and without asking for anything: 47 CFR 64.1200(a)(12).
  optOutText: 'You get no more non-emergency messages from us. Reply START to get them again.',
  optInText: 'You get our messages again. Reply HELP for help, STOP to opt out.',
  helpTexts: {},
  optOutTexts: {},
  optInTexts: {},
}

export const DEFAULT_RETENTION: Retention = { deliveriesDays: 90, repliesDays: 90 }

export interface Organisation {
  readonly name: string
  /** IANA. */
  readonly timeZone: string
  /** ISO 3166-1 alpha-2: how a national phone number is read. */
  readonly country: string
  /** CAP 1.2 §3.2.1 `sender`. */
  readonly sender: string
  /** BCP 47, the first is the default. */
  readonly languages: readonly string[]
  readonly policy: Policy
  readonly retention: Retention
  readonly revision: number
}

type Fields = Omit<Organisation, 'revision'>

export type OrganisationChange = { readonly [Field in keyof Fields]?: Fields[Field] | undefined }

/** @throws AppError `unavailable` before the first start has made the row */
export async function readOrganisation(db: Database): Promise<Organisation> {
  const [row] = await db.select().from(organisation)
  if (row === undefined) throw new AppError('unavailable', 'the service has not been started yet')
  return organisationFromRow(row)
}

export async function lockOrganisation(db: Database): Promise<Organisation> {
  await db.execute(sql`select 1 from ${organisation} for update`)
  return readOrganisation(db)
}

function organisationFromRow(row: typeof organisation.$inferSelect): Organisation {
  const { name, timeZone, country, sender, languages, revision } = row
  // A row that an older version wrote lacks what was added since.
  const kept = row.policy as { readonly passkeys?: object }
  const passkeys = { ...DEFAULT_POLICY.passkeys, ...kept.passkeys }
  const policy = policySchema.parse({ ...DEFAULT_POLICY, ...kept, passkeys })
  const retention = retentionSchema.parse({ ...DEFAULT_RETENTION, ...(row.retention as object) })
  return { name, timeZone, country, sender, languages, policy, retention, revision }
}

export async function updateOrganisation(
  db: Database,
  { languages, ...rest }: OrganisationChange,
): Promise<Organisation> {
  const [row] = await db
    .update(organisation)
    .set({
      ...rest,
      ...(languages && { languages: [...languages] }),
      revision: sql`${organisation.revision} + 1`,
    })
    .where(eq(organisation.id, 1))
    .returning()
  return organisationFromRow(row as typeof organisation.$inferSelect)
}

/** Makes the row if there is none. */
export async function ensureOrganisation(
  db: Database,
  first: Fields & { readonly masterKeyCheck: string },
): Promise<void> {
  await db
    .insert(organisation)
    .values({ ...first, languages: [...first.languages] })
    .onConflictDoNothing()
}

/** Which master key the database was set up with; undefined before its first start. */
export async function findMasterKeyCheck(db: Database): Promise<string | undefined> {
  const [row] = await db.select({ check: organisation.masterKeyCheck }).from(organisation)
  return row?.check
}
