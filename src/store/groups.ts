import { and, asc, eq, gt, inArray, sql } from 'drizzle-orm'
import type { Area } from '../cap/area.ts'
import { arrayLiteral, type Database } from './database.ts'
import type { GroupExpression } from './group-expressions.ts'
import type { MemberRule } from './member-rules.ts'
import { groups } from './schema.ts'

export interface GroupRow {
  readonly id: string
  readonly name: string
  readonly description: string | undefined
  /** Of a geographic group; a listed one has none. */
  readonly area: Area | undefined
  /** Of a group by rule. */
  readonly rule: MemberRule | undefined
  /** Of a group made of others. */
  readonly expression: GroupExpression | undefined
  /** Of made-up phones, for simulated exercises alone. */
  readonly simulated: boolean
  readonly createdAt: Date
  readonly revision: number
}

type GroupFields = Pick<GroupRow, 'name' | 'description' | 'area' | 'rule' | 'expression'>

export async function insertGroup(
  tx: Database,
  group: GroupFields & Pick<GroupRow, 'id'> & Partial<Pick<GroupRow, 'simulated'>>,
): Promise<GroupRow> {
  const [row] = await tx
    .insert(groups)
    .values({
      ...group,
      description: group.description ?? null,
      area: group.area ?? null,
      rule: group.rule ?? null,
      expression: group.expression ?? null,
    })
    .returning()
  return groupFromRow(row!)
}

export async function findGroups(db: Database, ids: readonly string[]): Promise<GroupRow[]> {
  if (ids.length === 0) return []
  const rows = await db
    .select()
    .from(groups)
    .where(inArray(groups.id, [...ids]))
  return rows.map(groupFromRow)
}

/** Newest last, after the id given; those of made-up phones are left out. */
export async function listGroups(
  db: Database,
  { after, limit }: { after: string | undefined; limit: number },
): Promise<GroupRow[]> {
  const rows = await db
    .select()
    .from(groups)
    .where(and(eq(groups.simulated, false), after === undefined ? undefined : gt(groups.id, after)))
    .orderBy(asc(groups.id))
    .limit(limit)
  return rows.map(groupFromRow)
}

/** Locks the row until the transaction ends, so that two edits of its members come one after the other. */
export async function lockGroup(tx: Database, id: string): Promise<GroupRow | undefined> {
  const [row] = await tx.select().from(groups).where(eq(groups.id, id)).for('update')
  return row === undefined ? undefined : groupFromRow(row)
}

/** @throws DatabaseError 23505 on the name */
export async function updateGroup(
  tx: Database,
  id: string,
  { name, description, area, rule, expression }: GroupFields,
): Promise<GroupRow> {
  const [row] = await tx
    .update(groups)
    .set({
      name,
      description: description ?? null,
      area: area ?? null,
      rule: rule ?? null,
      expression: expression ?? null,
      revision: sql`${groups.revision} + 1`,
    })
    .where(eq(groups.id, id))
    .returning()
  return groupFromRow(row!)
}

/** Its list of members goes with it. */
export async function deleteGroup(tx: Database, id: string): Promise<void> {
  await tx.delete(groups).where(eq(groups.id, id))
}

/** Alerts that name the group and may still be sent, or of which those on duty in it may still be told. */
export async function countAlertsNaming(tx: Database, id: string): Promise<number> {
  const [row] = await tx.execute<{ alerts: number }>(sql`
    select count(*)::int as alerts
    from alerts a cross join lateral (select a.draft -> 'audience' as audience) d
    where a.state in ('draft', 'submitted', 'approved', 'sending', 'paused')
        and (jsonb_exists(audience -> 'groups', ${id}::text)
          or jsonb_exists(audience -> 'excludeGroups', ${id}::text)
          or audience ->> 'roster' = ${id}::text
          or exists (select from jsonb_array_elements(a.draft -> 'escalations') rule
            where rule ->> 'to' = ${id}::text))
      or a.id in (select r.alert_id from escalations r join alerts sent on sent.id = r.alert_id
        where not r.is_closed and r.escalation_id is null
          and sent.draft -> 'escalations' -> r.rule_no ->> 'to' = ${id}::text)
  `)
  return row!.alerts
}

/** The ids of listed groups by their names; others and unknown ones are missing. */
export async function listedGroupsByName(
  db: Database,
  names?: readonly string[],
): Promise<Map<string, string>> {
  const rows = await db.execute<{ id: string; name: string }>(sql`
    select id, name from groups
    where area is null and rule is null and expression is null and not simulated ${names === undefined ? sql`` : sql`and name = any(${arrayLiteral(names)}::text[])`}
  `)
  return new Map(rows.map(({ id, name }) => [name, id]))
}

/** SHA-256 in hex over the group's id and its members' ids in order. A million members: about a second. */
export async function digestMembers(db: Database, groupId: string): Promise<string> {
  const [row] = await db.execute<{ digest: string }>(sql`
    select encode(sha256(uuid_send(${groupId}::uuid)
      || coalesce(string_agg(uuid_send(contact_id), '' order by contact_id), '')), 'hex') as digest
    from group_members where group_id = ${groupId}::uuid
  `)
  return row!.digest
}

/** New members of a group, people all of them, gathered on this connection before they become the members in one step. */
export async function openMemberList(tx: Database): Promise<void> {
  await tx.execute(sql`create temp table new_members (contact_id uuid) on commit drop`)
}

/** @returns the places, of those given, of who is nobody */
export async function addMembers(
  tx: Database,
  by: 'contactIds' | 'phones',
  given: readonly { readonly value: string; readonly place: number }[],
): Promise<number[]> {
  const values = arrayLiteral(given.map(({ value }) => value))
  const places = arrayLiteral(given.map(({ place }) => place))
  const isOne = by === 'phones' ? sql`c.phone = g.value` : sql`c.id = g.value::uuid`
  const rows = await tx.execute<{ place: number }>(sql`
    with matched as (
      select g.place, c.id
      from unnest(${values}::text[], ${places}::int[]) as g(value, place)
        left join contacts c on ${isOne} and not c.simulated
    ),
    known as (
      insert into new_members select id from matched where id is not null
    )
    select place from matched where id is null
  `)
  return rows.map(({ place }) => place)
}

/** Makes the gathered people the group's members, and nobody else. */
export async function replaceMembers(tx: Database, groupId: string): Promise<void> {
  await tx.execute(sql`
    delete from group_members m where m.group_id = ${groupId}::uuid
      and not exists (select from new_members n where n.contact_id = m.contact_id)
  `)
  await tx.execute(sql`
    insert into group_members (group_id, contact_id)
    select distinct ${groupId}::uuid, contact_id from new_members
    on conflict do nothing
  `)
}

function groupFromRow(row: typeof groups.$inferSelect): GroupRow {
  return {
    ...row,
    description: row.description ?? undefined,
    area: (row.area as Area | null) ?? undefined,
    rule: (row.rule as MemberRule | null) ?? undefined,
    expression: (row.expression as GroupExpression | null) ?? undefined,
  }
}
