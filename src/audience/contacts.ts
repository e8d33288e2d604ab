import { v7 as uuid } from 'uuid'
import { normaliseMailAddress } from '../encoding/mail-address.ts'
import { normalisePhone } from '../encoding/phone.ts'
import { weeklyHoursFaults, type WeeklySpan } from '../encoding/weekly-hours.ts'
import { AppError, type Fault } from '../errors.ts'
import { faultAt } from '../faults.ts'
import { positionFaults } from '../geometry/geojson.ts'
import { recordAudit } from '../store/audit.ts'
import {
  deleteContact,
  findContact,
  giveUpSimulatedPhone,
  insertContact,
  listContacts,
  lockContact,
  setLocations,
  setMemberships,
  updateContact,
  type Contact,
  type ContactFields,
} from '../store/contacts.ts'
import { isUniqueViolation, transact, type Database } from '../store/database.ts'
import { listedGroupsByName } from '../store/groups.ts'
import { readOrganisation } from '../store/organisation.ts'
import { canonicalLanguage } from './import-rows.ts'

/** As a caller writes it; in a change what is left out stays, and null takes it away. */
export interface ContactDraft {
  readonly phone?: string | undefined
  readonly email?: string | null | undefined
  readonly name?: string | null | undefined
  readonly language?: string | null | undefined
  readonly externalId?: string | null | undefined
  readonly locations?:
    | readonly {
        readonly longitude: number
        readonly latitude: number
        readonly label?: string | undefined
        readonly hours?: readonly WeeklySpan[] | undefined
      }[]
    | undefined
  /** Names of listed groups. */
  readonly groups?: readonly string[] | undefined
}

/**
 * Adds a contact; a national number is read as one of the organisation's country.
 *
 * @throws AppError `invalid_contact` naming every fault, `already_exists` if the phone is somebody's
 */
export async function createContact(
  db: Database,
  operatorId: string,
  draft: ContactDraft & { readonly phone: string },
): Promise<Contact> {
  const id = uuid()
  return refusingDoubles(() =>
    transact(db, async tx => {
      const { fields, groupIds } = await checkDraft(tx, draft, undefined)
      await giveUpSimulatedPhone(tx, fields.phone)
      await insertContact(tx, { id, ...fields })
      await setLocations(tx, id, locationsOf(draft) ?? [])
      await setMemberships(tx, id, groupIds ?? [])
      await recordAudit(tx, { operatorId, action: 'contact.created', subject: id })
      return (await findContact(tx, id))!
    }),
  )
}

/**
 * @param revision what `If-Match` demands
 * @throws AppError `not_found`, `stale_revision`, and as `createContact`
 */
export async function changeContact(
  db: Database,
  operatorId: string,
  { id, revision }: { id: string; revision: number | undefined },
  draft: ContactDraft,
): Promise<Contact> {
  return refusingDoubles(() =>
    transact(db, async tx => {
      const current = await lock(tx, id, revision)
      const { fields, groupIds } = await checkDraft(tx, draft, current)
      await giveUpSimulatedPhone(tx, fields.phone)
      await updateContact(tx, id, fields)
      const locations = locationsOf(draft)
      if (locations !== undefined) await setLocations(tx, id, locations)
      if (groupIds !== undefined) await setMemberships(tx, id, groupIds)
      const changed = Object.keys(draft).toSorted()
      await recordAudit(tx, {
        operatorId,
        action: 'contact.changed',
        subject: id,
        detail: { changed },
      })
      return (await findContact(tx, id))!
    }),
  )
}

/** @throws AppError `not_found`, `stale_revision` */
export async function removeContact(
  db: Database,
  operatorId: string,
  { id, revision }: { id: string; revision: number | undefined },
): Promise<void> {
  await transact(db, async tx => {
    await lock(tx, id, revision)
    await deleteContact(tx, id)
    await recordAudit(tx, { operatorId, action: 'contact.deleted', subject: id })
  })
}

/** @throws AppError `not_found` */
export async function getContact(db: Database, id: string): Promise<Contact> {
  const contact = await findContact(db, id)
  if (contact === undefined) throw notFound()
  return contact
}

/** Contacts oldest first; a phone is looked for in any of the ways that it may be written. */
export async function getContacts(
  db: Database,
  filter: { phone: string | undefined; groupId: string | undefined },
  page: { after: string | undefined; limit: number },
): Promise<Contact[]> {
  if (filter.phone === undefined) return listContacts(db, filter, page)
  const { country } = await readOrganisation(db)
  const read = normalisePhone(filter.phone, country)
  return 'phone' in read ? listContacts(db, { ...filter, phone: read.phone }, page) : []
}

async function lock(tx: Database, id: string, revision: number | undefined): Promise<Contact> {
  const current = await lockContact(tx, id)
  if (current === undefined) throw notFound()
  if (revision !== undefined && revision !== current) {
    throw new AppError('stale_revision', 'the contact was changed since you read it: read it again')
  }
  return (await findContact(tx, id))!
}

function notFound(): AppError {
  return new AppError('not_found', 'there is no such contact')
}

async function refusingDoubles(work: () => Promise<Contact>): Promise<Contact> {
  try {
    return await work()
  } catch (error) {
    if (!isUniqueViolation(error)) throw error
    throw new AppError('already_exists', 'another contact has this phone', {
      faults: [faultAt('/phone', 'phone_of_other')],
      cause: error,
    })
  }
}

async function checkDraft(
  tx: Database,
  draft: ContactDraft,
  current: ContactFields | undefined,
): Promise<{ fields: ContactFields; groupIds: string[] | undefined }> {
  const faults: Fault[] = []
  const { country } = await readOrganisation(tx)
  const phone = draft.phone === undefined ? undefined : normalisePhone(draft.phone, country)
  if (phone !== undefined && 'refused' in phone) {
    faults.push(faultAt('/phone', `phone_${phone.refused}`))
  }
  const email = draft.email == null ? draft.email : (normaliseMailAddress(draft.email) ?? 'none')
  if (email === 'none') {
    faults.push(faultAt('/email', 'not_mail_address'))
  }
  const language =
    draft.language == null ? draft.language : (canonicalLanguage(draft.language) ?? 'none')
  if (language === 'none') {
    faults.push(faultAt('/language', 'not_language'))
  }
  for (const [no, { longitude, latitude, hours }] of (draft.locations ?? []).entries()) {
    for (const found of positionFaults([longitude, latitude])) {
      faults.push({ pointer: `/locations/${no}`, ...found })
    }
    for (const fault of weeklyHoursFaults(hours ?? [])) {
      faults.push({ ...fault, pointer: `/locations/${no}/hours${fault.pointer}` })
    }
  }
  const known = draft.groups === undefined ? undefined : await listedGroupsByName(tx, draft.groups)
  for (const [no, name] of (draft.groups ?? []).entries()) {
    if (known?.has(name) !== true) {
      faults.push(faultAt(`/groups/${no}`, 'no_listed_group'))
    }
  }
  if (faults.length > 0) {
    throw new AppError('invalid_contact', 'the contact can not be taken', { faults })
  }
  const settled = (given: string | null | undefined, before: string | undefined) =>
    given === undefined ? before : (given ?? undefined)
  return {
    fields: {
      phone: phone !== undefined && 'phone' in phone ? phone.phone : current!.phone,
      email: settled(email, current?.email),
      name: settled(draft.name, current?.name),
      language: settled(language, current?.language),
      externalId: settled(draft.externalId, current?.externalId),
    },
    groupIds: known === undefined ? undefined : [...known.values()],
  }
}

function locationsOf({ locations }: ContactDraft) {
  return locations?.map(({ longitude, latitude, label, hours }) => ({
    longitude,
    latitude,
    label,
    hours,
  }))
}
