import { AppError } from '../errors.ts'
import { faultAt } from '../faults.ts'
import { recordAudit } from '../store/audit.ts'
import { type Database, transact } from '../store/database.ts'
import {
  lockOrganisation,
  type Organisation,
  type OrganisationChange,
  type Policy,
  type Retention,
  updateOrganisation,
} from '../store/organisation.ts'
import { listLivePasskeys } from '../store/passkeys.ts'
import { assertAnswerTexts } from './answer-texts.ts'
import type { Operator } from './operator.ts'

/** Fields of policy and retention that an edit leaves out stay as they are. */
export type OrganisationEdit = Omit<OrganisationChange, 'policy' | 'retention'> & {
  readonly policy?:
    | (Partly<Omit<Policy, 'passkeys'>> & {
        readonly passkeys?: Partly<Policy['passkeys']> | undefined
      })
    | undefined
  readonly retention?: Partly<Retention> | undefined
}

type Partly<Fields> = { readonly [Field in keyof Fields]?: Fields[Field] | undefined }

/** @throws AppError `invalid_organisation`, `stale_revision`, `passkey_required` */
export async function changeOrganisation(
  db: Database,
  administrator: Operator,
  revision: number | undefined,
  { policy, retention, ...rest }: OrganisationEdit,
): Promise<Organisation> {
  assertAnswerTexts(policy ?? {})
  return transact(db, async tx => {
    const current = await lockOrganisation(tx)
    if (revision !== undefined && revision !== current.revision) {
      throw new AppError('stale_revision', 'the organisation was changed since you read it')
    }
    const passkeys = merge(current.policy.passkeys, policy?.passkeys ?? {})
    await assertHasPasskey(tx, administrator, current.policy.passkeys, passkeys)
    const changed = await updateOrganisation(tx, {
      ...rest,
      ...(policy && { policy: merge(current.policy, { ...policy, passkeys }) }),
      ...(retention && { retention: merge(current.retention, retention) }),
    })
    // Policy decides who must sign: what it was and what it became both belong in the trail.
    const detail = policy && { policy: { before: current.policy, after: changed.policy } }
    await recordAudit(tx, {
      operatorId: administrator.id,
      action: 'organisation.changed',
      subject: 'organisation',
      detail: { fields: Object.keys(rest).sort(), ...detail },
    })
    return changed
  })
}

/**
 * Where no passkey can be made (no host name, no https) asking for one would shut everyone out: who asks for more of
 * them must have one that works here.
 *
 * @throws AppError `passkey_required`
 */
async function assertHasPasskey(
  tx: Database,
  { id }: Operator,
  current: Policy['passkeys'],
  wanted: Policy['passkeys'],
): Promise<void> {
  const asksMore =
    (wanted.signIn === 'required' && current.signIn !== 'required') ||
    (['authors', 'approvers', 'keys'] as const).some(of => wanted[of] && !current[of])
  if (!asksMore || (await listLivePasskeys(tx, id)).length > 0) return
  const fault = faultAt('/policy/passkeys', 'passkey_first')
  throw new AppError('passkey_required', `this policy ${fault.detail}`, { faults: [fault] })
}

function merge<Fields extends object>(current: Fields, edit: Partly<Fields>): Fields {
  const given = Object.entries(edit).filter(([, value]) => value !== undefined)
  return { ...current, ...Object.fromEntries(given) }
}
