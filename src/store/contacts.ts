import { and, asc, eq, gt, inArray, isNotNull, sql } from 'drizzle-orm'
import { minutesOfWeek, multirangeOf, type WeeklySpan } from '../encoding/weekly-hours.ts'
import { arrayLiteral, type Database } from './database.ts'
import { contacts, groupMembers, groups, locations } from './schema.ts'

export interface Location {
  readonly longitude: number
  readonly latitude: number
  readonly label: string | undefined
  /** When the contact is there, in the organisation's time zone; undefined: always. */
  readonly hours?: readonly WeeklySpan[] | undefined
}

export interface ContactFields {
  readonly phone: string
  readonly email: string | undefined
  readonly name: string | undefined
  readonly language: string | undefined
  readonly externalId: string | undefined
}

export interface Contact extends ContactFields {
  readonly id: string
  readonly locations: readonly Location[]
  /** Names of the listed groups that the contact is in. */
  readonly groups: readonly string[]
  readonly consent: string | undefined
  readonly createdAt: Date
  readonly updatedAt: Date
  readonly revision: number
}

/** @throws DatabaseError 23505 on `contacts_phone_unique` */
export async function insertContact(
  tx: Database,
  { id, ...fields }: ContactFields & { id: string },
): Promise<void> {
  await tx.insert(contacts).values({ id, ...nulled(fields) })
}

export async function updateContact(
  tx: Database,
  id: string,
  fields: ContactFields,
): Promise<void> {
  await tx
    .update(contacts)
    .set({ ...nulled(fields), updatedAt: sql`now()`, revision: sql`${contacts.revision} + 1` })
    .where(eq(contacts.id, id))
}

function nulled({ phone, email, name, language, externalId }: ContactFields) {
  return {
    phone,
    email: email ?? null,
    name: name ?? null,
    language: language ?? null,
    externalId: externalId ?? null,
  }
}

/** Makes these the contact's locations, and no others. */
export async function setLocations(
  tx: Database,
  contactId: string,
  given: readonly Location[],
): Promise<void> {
  await tx.delete(locations).where(eq(locations.contactId, contactId))
  if (given.length === 0) return
  await tx.insert(locations).values(
    given.map(({ longitude, latitude, label, hours }) => ({
      contactId,
      position: { longitude, latitude },
      label: label ?? null,
      hours: hours ?? null,
      openMinutes: hours === undefined ? null : multirangeOf(minutesOfWeek(hours)),
      sole: given.length === 1,
    })),
  )
}

/** Makes the contact a member of these listed groups, and of no others. */
export async function setMemberships(
  tx: Database,
  contactId: string,
  groupIds: readonly string[],
): Promise<void> {
  await tx.delete(groupMembers).where(eq(groupMembers.contactId, contactId))
  if (groupIds.length === 0) return
  await tx.insert(groupMembers).values(groupIds.map(groupId => ({ groupId, contactId })))
}

/** A number that was made up for practice, and turns out to be somebody's, is theirs. */
export async function giveUpSimulatedPhone(tx: Database, phone: string): Promise<void> {
  await tx.delete(contacts).where(and(eq(contacts.phone, phone), eq(contacts.simulated, true)))
}

/** Locks the row until the transaction ends. @returns its revision */
export async function lockContact(tx: Database, id: string): Promise<number | undefined> {
  const [row] = await tx
    .select({ revision: contacts.revision })
    .from(contacts)
    .where(and(eq(contacts.id, id), eq(contacts.simulated, false)))
    .for('update')
  return row?.revision
}

export async function deleteContact(tx: Database, id: string): Promise<void> {
  await tx.delete(contacts).where(eq(contacts.id, id))
}

export async function findContact(db: Database, id: string): Promise<Contact | undefined> {
  const rows = await db
    .select()
    .from(contacts)
    .where(and(eq(contacts.id, id), eq(contacts.simulated, false)))
  const [contact] = await withDetails(db, rows)
  return contact
}

export interface ContactFilter {
  readonly phone: string | undefined
  readonly groupId: string | undefined
}

/** People, not made-up phones; oldest first, after the id given. */
export async function listContacts(
  db: Database,
  { phone, groupId }: ContactFilter,
  { after, limit }: { after: string | undefined; limit: number },
): Promise<Contact[]> {
  const inGroup =
    groupId === undefined
      ? undefined
      : sql`exists (select from ${groupMembers} m where m.contact_id = ${contacts.id} and m.group_id = ${groupId}::uuid)`
  const rows = await db
    .select()
    .from(contacts)
    .where(
      and(
        eq(contacts.simulated, false),
        after === undefined ? undefined : gt(contacts.id, after),
        phone === undefined ? undefined : eq(contacts.phone, phone),
        inGroup,
      ),
    )
    .orderBy(asc(contacts.id))
    .limit(limit)
  return withDetails(db, rows)
}

async function withDetails(
  db: Database,
  rows: readonly (typeof contacts.$inferSelect)[],
): Promise<Contact[]> {
  if (rows.length === 0) return []
  const ids = rows.map(({ id }) => id)
  const found = await db.select().from(locations).where(inArray(locations.contactId, ids))
  const memberships = await db
    .select({ contactId: groupMembers.contactId, name: groups.name })
    .from(groupMembers)
    .innerJoin(groups, eq(groups.id, groupMembers.groupId))
    .where(sql`${groupMembers.contactId} = any(${arrayLiteral(ids)}::uuid[])`)
    .orderBy(asc(groups.name))
  return rows.map(({ simulated: _people, ...row }) => ({
    ...row,
    email: row.email ?? undefined,
    name: row.name ?? undefined,
    language: row.language ?? undefined,
    externalId: row.externalId ?? undefined,
    consent: row.consent ?? undefined,
    locations: found
      .filter(({ contactId }) => contactId === row.id)
      .map(({ position, label, hours }) => ({
        ...position,
        label: label ?? undefined,
        hours: hours ?? undefined,
      })),
    groups: memberships.filter(({ contactId }) => contactId === row.id).map(({ name }) => name),
  }))
}

/** The mail address of whoever has the phone. */
export async function addressOfPhone(db: Database, phone: string): Promise<string | undefined> {
  const [row] = await db
    .select({ email: contacts.email })
    .from(contacts)
    .where(eq(contacts.phone, phone))
  return row?.email ?? undefined
}

/** Of those of these phones whose language is known: BCP 47, by phone. */
export async function readLanguages(
  db: Database,
  phones: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const rows = await db
    .select({ phone: contacts.phone, language: contacts.language })
    .from(contacts)
    .where(and(inArray(contacts.phone, [...phones]), isNotNull(contacts.language)))
  return new Map(rows.map(({ phone, language }) => [phone, language ?? '']))
}

interface KnownPlace {
  readonly longitude: number
  readonly latitude: number
  readonly label: string | null
}

/** The locations of who has these phones; of many nothing is known. */
export async function placesOfPhones(
  db: Database,
  phones: readonly string[],
): Promise<ReadonlyMap<string, readonly KnownPlace[]>> {
  const places = new Map<string, KnownPlace[]>()
  if (phones.length === 0) return places
  const rows = await db
    .select({ phone: contacts.phone, position: locations.position, label: locations.label })
    .from(locations)
    .innerJoin(contacts, eq(contacts.id, locations.contactId))
    .where(sql`${contacts.phone} = any(${arrayLiteral(phones)}::text[])`)
  for (const { phone, position, label } of rows) {
    places.set(phone, [...(places.get(phone) ?? []), { ...position, label }])
  }
  return places
}
