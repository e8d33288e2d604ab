import { sql, type SQL } from 'drizzle-orm'

/** What a person's own data must say for them to belong to a group: all of it. Who says nothing is in none. */
export interface MemberRule {
  /** A range: `es` holds es-US as well (RFC 4647 §3.3.1). */
  readonly language?: string | undefined
  readonly externalIdPrefix?: string | undefined
  /** Of one of their locations. */
  readonly label?: string | undefined
  readonly consent?: string | undefined
  /** Whether they have a mail address. */
  readonly hasEmail?: boolean | undefined
}

/** Whether a contact `c` is as the rule says; never null. A rule that says nothing holds nobody, made-up phones none. */
export function isAsRuled(rule: MemberRule): SQL {
  const { language, externalIdPrefix, label, consent, hasEmail } = rule
  const conditions: SQL[] = []
  if (language !== undefined) {
    conditions.push(sql`(lower(c.language) = lower(${language}::text)
      or starts_with(lower(c.language), lower(${language}::text) || '-'))`)
  }
  if (externalIdPrefix !== undefined) {
    conditions.push(sql`starts_with(c.external_id, ${externalIdPrefix}::text)`)
  }
  if (label !== undefined) {
    conditions.push(sql`exists (
      select from locations x where x.contact_id = c.id and x.label = ${label}::text)`)
  }
  if (consent !== undefined) conditions.push(sql`c.consent = ${consent}::text`)
  if (hasEmail !== undefined) {
    conditions.push(hasEmail ? sql`c.email is not null` : sql`c.email is null`)
  }
  return conditions.length === 0
    ? sql`false`
    : sql`(not c.simulated and coalesce(${sql.join(conditions, sql` and `)}, false))`
}
