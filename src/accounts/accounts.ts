/**
 * Carrier accounts: what an administrator configures and a dispatcher opens. Secrets go in and never come out
 * again but to the dispatcher: sealed under the master key, in a context that names their own row.
 */
import { v7 as uuid } from 'uuid'
import type { CarrierConfig, SimulatedSettings } from '../carriers/carrier.ts'
import { normalisePhone } from '../encoding/phone.ts'
import { AppError, type Fault } from '../errors.ts'
import { faultAt } from '../faults.ts'
import { describeError, log } from '../log.ts'
import { open, seal } from '../signing/seal.ts'
import { recordAudit } from '../store/audit.ts'
import {
  type CarrierRow,
  type EnabledCarrier,
  findCarrier,
  findTestRecipient,
  insertCarrier,
  isAnyAlertSending,
  listCarriers,
  listEnabledCarriers,
  type LiveState,
  lockCarrier,
  markCarrierDeleted,
  queueTestMessage,
  readLiveStates,
  type Route,
  updateCarrier,
} from '../store/carriers.ts'
import { type Database, refuseTaken, notify, transact } from '../store/database.ts'
import { readOrganisation } from '../store/organisation.ts'
import {
  completed,
  type Fields,
  type Installation,
  joinSecrets,
  openProtocol,
  type ProtocolDraft,
  type ProtocolEdit,
  type ProtocolSettings,
  readProtocol,
  settingFaults,
  splitSecrets,
  strayingSecrets,
  withoutNull,
  withoutProtocols,
} from './protocols.ts'

export interface Account extends ProtocolSettings {
  readonly id: string
  readonly name: string
  readonly protocol: CarrierRow['protocol']
  readonly segmentsPerSecond: number
  readonly window: number
  readonly binds: number
  readonly sourceAddress: string
  readonly routes: readonly Route[]
  readonly enabled: boolean
  readonly draining: boolean
  readonly use: CarrierRow['use']
  readonly createdAt: Date
  readonly revision: number
  readonly live: Live
}

interface Live {
  readonly state: LiveState['state'] | 'disabled'
  readonly perSecond: number
  readonly inFlight: number
  readonly lastError: string | undefined
}

export interface AccountDraft extends ProtocolDraft {
  readonly name: string
  readonly protocol: CarrierRow['protocol']
  readonly segmentsPerSecond: number
  readonly window: number
  readonly binds: number
  /** None of a mail account: letters are from an address. */
  readonly sourceAddress?: string | undefined
  readonly routes: readonly Route[]
  readonly enabled: boolean
  readonly draining: boolean
  /** Undefined: both. */
  readonly use?: CarrierRow['use'] | undefined
}

/** An account as a dispatcher opens it. */
export interface OpenAccount extends CarrierConfig {
  /** Takes no further messages of alerts; what comes back is still heard, and answers to people still go. */
  readonly draining: boolean
}

type Optional<Of> = { readonly [Field in keyof Of]?: Of[Field] | undefined }

/** What is left out stays; the protocol can't be changed, for receipts of the former would have no reader. */
export type AccountEdit = Optional<Omit<AccountDraft, 'protocol' | keyof ProtocolDraft>> &
  ProtocolEdit

interface By {
  readonly operatorId: string
  readonly now: Date
}

/** @throws AppError `invalid_carrier` naming every fault, `already_exists` */
export async function createAccount(
  db: Database,
  installation: Installation,
  by: By,
  draft: AccountDraft,
): Promise<Account> {
  const { protocol } = draft
  const { masterKey } = installation
  const { own, faults: protocolFaults } = readProtocol(protocol, draft, installation)
  const whole = own && completed(protocol, own)
  const faults = [
    ...protocolFaults,
    ...(whole === undefined ? [] : settingFaults(protocol, whole, installation)),
    ...numberFaults(protocol, draft),
  ]
  if (protocol !== 'smtp' && draft.sourceAddress === undefined) {
    faults.push(faultAt('/sourceAddress', 'required'))
  }
  if (whole === undefined && protocolFaults.length === 0) {
    faults.unshift(faultAt(`/${protocol}`, 'protocol_required', { protocol }))
  }
  if (faults.length > 0 || whole === undefined) throw invalid(faults)
  const id = uuid()
  const { settings, secrets } = splitSecrets(protocol, whole)
  const sealedSecrets = sealSecrets(masterKey, id, secrets)
  return refuseTakenName(() =>
    transact(db, async tx => {
      const row = await insertCarrier(tx, {
        ...withoutProtocols(draft),
        sourceAddress: draft.sourceAddress ?? '',
        use: draft.use ?? 'both',
        id,
        settings,
        sealedSecrets,
        createdAt: by.now,
      })
      await announce(tx, by, 'carrier.created', row)
      return accountFrom(row, undefined)
    }),
  )
}

/**
 * @param revision what `If-Match` demands
 * @throws AppError `not_found`, `stale_revision`, and as `createAccount`
 */
export async function changeAccount(
  db: Database,
  installation: Installation,
  by: By,
  { id, revision }: { id: string; revision: number | undefined },
  edit: AccountEdit,
): Promise<Account> {
  const rest = withoutProtocols(edit)
  const { masterKey } = installation
  const row = await refuseTakenName(() =>
    transact(db, async tx => {
      const current = await lockCarrier(tx, id)
      if (current === undefined) throw notFound()
      assertRevision(current, revision)
      const { protocol } = current
      const { own = {}, faults: protocolFaults } = readProtocol(protocol, edit, installation)
      const edited =
        Object.keys(own).length > 0 ? editedProtocol(installation, current, own) : undefined
      const faults = [...protocolFaults, ...(edited?.faults ?? []), ...numberFaults(protocol, rest)]
      if (faults.length > 0) throw invalid(faults)
      const changed = await updateCarrier(tx, id, {
        ...rest,
        ...(edited && {
          settings: edited.settings,
          sealedSecrets: sealSecrets(masterKey, id, edited.secrets),
        }),
      })
      await announce(tx, by, 'carrier.changed', changed, {
        fields: [
          ...Object.keys(rest),
          ...Object.keys(own).map(field => `${protocol}.${field}`),
        ].sort(),
      })
      return changed
    }),
  )
  return accountFrom(row, (await readLiveStates(db, [id])).get(id))
}

/**
 * Takes an account out of use; what it sent keeps naming it.
 *
 * @throws AppError `in_use` while an alert is being sent: disabling it is what is wanted then
 */
export async function deleteAccount(
  db: Database,
  by: By,
  { id, revision }: { id: string; revision: number | undefined },
): Promise<void> {
  await transact(db, async tx => {
    const current = await lockCarrier(tx, id)
    if (current === undefined) throw notFound()
    assertRevision(current, revision)
    if (await isAnyAlertSending(tx)) {
      throw new AppError('in_use', 'an alert is being sent: disable the carrier, delete it after')
    }
    await markCarrierDeleted(tx, id, by.now)
    await announce(tx, by, 'carrier.deleted', current)
  })
}

/** @throws AppError `stale_revision` */
function assertRevision(current: { readonly revision: number }, asked: number | undefined): void {
  if (asked === undefined || asked === current.revision) return
  throw new AppError('stale_revision', 'the carrier was changed since you read it: read it again')
}

/** @throws AppError `not_found` */
export async function getAccount(db: Database, id: string): Promise<Account> {
  const row = await findCarrier(db, id)
  if (row === undefined) throw notFound()
  return accountFrom(row, (await readLiveStates(db, [id])).get(id))
}

/** By name, after the one given. */
export async function getAccounts(
  db: Database,
  page: { after: string | undefined; limit: number },
): Promise<Account[]> {
  const rows = await listCarriers(db, page)
  const live = await readLiveStates(
    db,
    rows.map(row => row.id),
  )
  return rows.map(row => accountFrom(row, live.get(row.id)))
}

/**
 * Everything that a dispatcher needs to bind, secrets opened: the accounts that are enabled. One whose secret
 * was changed or moved in the database is left out and logged, for the others must send.
 */
export async function openAccounts(
  db: Database,
  installation: Installation,
): Promise<OpenAccount[]> {
  const rows = await listEnabledCarriers(db)
  return rows.flatMap(row => {
    try {
      return [openAccount(row, installation)]
    } catch (error) {
      log.error({ carrierId: row.id, code: describeError(error) }, 'a carrier can not be opened')
      return []
    }
  })
}

/**
 * One account, secrets opened, whether it is enabled or not: what it sent is still spoken of.
 * @throws AppError `not_found`
 */
export async function openAccountOf(
  db: Database,
  installation: Installation,
  id: string,
): Promise<CarrierConfig> {
  const row = await findCarrier(db, id)
  if (row === undefined) throw notFound()
  return openAccount({ ...row, exerciseId: undefined }, installation)
}

function openAccount(row: EnabledCarrier, installation: Installation): OpenAccount {
  const { id, name, protocol, segmentsPerSecond, window, binds, sourceAddress, routes } = row
  const { draining, use, exerciseId } = row
  const account = { id, name, protocol, segmentsPerSecond, window, binds, sourceAddress, routes }
  if (protocol === 'simulated') {
    const simulated = row.settings as SimulatedSettings
    return { ...account, draining, use, ...(exerciseId !== undefined && { exerciseId }), simulated }
  }
  const secrets = openSecrets(installation.masterKey, id, row.sealedSecrets)
  return {
    ...account,
    draining,
    use,
    ...openProtocol(protocol, row.settings, secrets, { id, ...installation }),
  }
}

/** After that a test message has missed whoever was looking at their phone. */
const TEST_MESSAGE_MINUTES = 5

/**
 * Sends one message over this carrier, to somebody who is a member of a listed group and has opted out of nothing;
 * a letter goes to that member's address.
 *
 * @returns the id of the queued message
 * @throws AppError `recipient_not_listed`; `wrong_state` if the carrier is disabled
 */
export async function sendTestMessage(
  db: Database,
  by: By,
  { id, phone: given }: { id: string; phone: string },
): Promise<string> {
  const { name, country } = await readOrganisation(db)
  const read = normalisePhone(given, country)
  return transact(db, async tx => {
    const carrier = await lockCarrier(tx, id)
    if (carrier === undefined) throw notFound()
    if (!carrier.enabled) throw new AppError('wrong_state', 'the carrier is disabled')
    const member = 'phone' in read ? await findTestRecipient(tx, read.phone) : undefined
    if (!('phone' in read) || member === undefined) {
      throw notListed('is no member of a listed group, or has opted out')
    }
    if (carrier.protocol === 'smtp' && member.email === undefined) {
      throw notListed('is the phone of a member without an address')
    }
    const messageId = uuid()
    await queueTestMessage(tx, {
      id: messageId,
      carrierId: id,
      phone: read.phone,
      text: `TEST. A test message of ${name}. Nothing has happened and there is nothing to do.`,
      expires: new Date(by.now.getTime() + TEST_MESSAGE_MINUTES * 60_000),
    })
    await notify(tx, 'work', id)
    await announce(tx, by, 'carrier.tested', carrier)
    return messageId
  })
}

function notListed(detail: string): AppError {
  const message = 'a test message goes to a member of a listed group alone'
  return new AppError('recipient_not_listed', message, { faults: [{ pointer: '/phone', detail }] })
}

/** Tells the dispatchers, and the trail. */
async function announce(
  tx: Database,
  { operatorId }: By,
  action: string,
  { id, name }: { id: string; name: string },
  detail: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  await notify(tx, 'carriers', id)
  await recordAudit(tx, { operatorId, action, subject: id, detail: { name, ...detail } })
}

/** What is left out stays, the secrets too; what is null goes. */
function editedProtocol(installation: Installation, current: CarrierRow, edit: Fields) {
  const { masterKey } = installation
  const { id, protocol } = current
  const edited = splitSecrets(protocol, edit)
  const settings = withoutNull({ ...(current.settings as Fields), ...edited.settings })
  const kept = openSecrets(masterKey, id, current.sealedSecrets)
  const secrets = joinSecrets(kept, edited.secrets)
  const before = { settings: current.settings as Fields, secrets: kept }
  const faults = [
    ...strayingSecrets(protocol, before, edit),
    ...settingFaults(protocol, { ...settings, ...secrets }, installation),
  ]
  return { settings, secrets, faults }
}

/** What an account has of numbers: those that it takes, and the one that its texts come from. */
function numberFaults(
  protocol: CarrierRow['protocol'],
  { routes = [], sourceAddress }: Pick<AccountEdit, 'routes' | 'sourceAddress'>,
): Fault[] {
  if (protocol !== 'smtp') return routeFaults(routes)
  return [
    ...(routes.length > 0 ? [faultAt('/routes', 'not_of_mail')] : []),
    ...(sourceAddress === undefined ? [] : [faultAt('/sourceAddress', 'not_of_mail')]),
  ]
}

function routeFaults(routes: readonly Route[]): Fault[] {
  return routes.flatMap(({ prefix }, index) => {
    const isRepeated = routes.findIndex(route => route.prefix === prefix) < index
    return isRepeated ? [faultAt(`/routes/${index}/prefix`, 'named_twice')] : []
  })
}

function accountFrom(row: CarrierRow, reported: LiveState | undefined): Account {
  const { settings, sealedSecrets: _sealed, ...rest } = row
  const idle = { perSecond: 0, inFlight: 0, lastError: reported?.lastError }
  const live: Live = row.enabled
    ? (reported ?? { state: 'unbound', ...idle })
    : { state: 'disabled', ...idle }
  return { ...rest, [row.protocol]: settings, live }
}

function sealSecrets(masterKey: Uint8Array, id: string, secrets: Fields): Uint8Array {
  return seal(masterKey, contextOf(id), JSON.stringify(secrets))
}

function openSecrets(masterKey: Uint8Array, id: string, sealed: Uint8Array | null): Fields {
  if (sealed === null) throw new AppError('integrity_violation', `${contextOf(id)} is missing`)
  return JSON.parse(Buffer.from(open(masterKey, contextOf(id), sealed)).toString()) as Fields
}

function contextOf(id: string): string {
  return `carriers/${id}/secrets`
}

function invalid(faults: readonly Fault[]): AppError {
  return new AppError('invalid_carrier', 'this carrier can not be set up', { faults })
}

function notFound(): AppError {
  return new AppError('not_found', 'there is no such carrier')
}

function refuseTakenName<T>(work: () => Promise<T>): Promise<T> {
  const fault = faultAt('/name', 'carrier_name_taken')
  return refuseTaken('carriers_name_unique', fault, 'a carrier with this name exists', work)
}
