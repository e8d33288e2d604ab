import { sql } from 'drizzle-orm'
import { arrayLiteral, type Database } from './database.ts'

/** An answer whose dispatcher said nothing of it for this long is taken by another. */
const CLAIM_SECONDS = 30
/** One that a carrier didn't take now is offered anew after this long; what came after it goes first. */
const AGAIN_SECONDS = 3

export interface WaitingAnswer {
  readonly id: string
  readonly phone: string
  readonly text: string
  readonly expires: Date
}

/** Takes answers that wait for a carrier, oldest first. */
export async function claimAnswers(
  db: Database,
  claim: { carrierId: string; dispatcherId: string; limit: number },
): Promise<WaitingAnswer[]> {
  const rows = await db.execute<{
    id: string
    phone: string
    text: string
    expires_ms: number
  }>(sql`
    with due as (
      select id from answers
      where carrier_id = ${claim.carrierId}::uuid and sent_at is null and failure is null
        and expires > now()
        and (claimed_at is null or claimed_at < now() - make_interval(secs => ${CLAIM_SECONDS}::int))
      order by created_at limit ${claim.limit} for update skip locked
    )
    update answers a set claimed_by = ${claim.dispatcherId}::uuid, claimed_at = now()
    from due where a.id = due.id
    returning a.id, a.phone, a.text, (extract(epoch from a.expires) * 1000)::float8 as expires_ms
  `)
  return rows.map(({ expires_ms: expires, ...row }) => ({ ...row, expires: new Date(expires) }))
}

/**
 * Says that answers are still in hand.
 * @returns the ids of those that are: the others were taken by another dispatcher, or are worth nothing any more
 */
export async function keepAnswers(
  db: Database,
  dispatcherId: string,
  ids: readonly string[],
): Promise<ReadonlySet<string>> {
  const rows = await db.execute<{ id: string }>(sql`
    update answers set claimed_at = now()
    where id = any(${arrayLiteral(ids)}::uuid[]) and claimed_by = ${dispatcherId}::uuid
      and sent_at is null and failure is null and expires > now()
    returning id
  `)
  return new Set(rows.map(({ id }) => id))
}

export async function finishAnswer(
  db: Database,
  id: string,
  failure: string | undefined,
): Promise<void> {
  await db.execute(sql`
    update answers
    set sent_at = case when ${failure ?? null}::text is null then now() end, failure = ${failure ?? null}
    where id = ${id}::uuid
  `)
}

/** Gives an answer back, unsent: in a moment it is claimed anew, for as long as it is worth sending. */
export async function giveBackAnswer(db: Database, id: string): Promise<void> {
  await db.execute(sql`
    update answers
    set claimed_at = now() - make_interval(secs => ${CLAIM_SECONDS - AGAIN_SECONDS}::int)
    where id = ${id}::uuid
  `)
}
