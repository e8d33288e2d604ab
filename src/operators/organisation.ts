import { AppError } from '../errors.ts'
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
import { assertAnswerTexts } from './answer-texts.ts'
import type { Operator } from './operator.ts'

/** Fields of policy and retention that an edit leaves out stay as they are. */
export type OrganisationEdit = Omit<OrganisationChange, 'policy' | 'retention'> & {
  readonly policy?: { readonly [Field in keyof Policy]?: Policy[Field] | undefined } | undefined
  readonly retention?:
    { readonly [Field in keyof Retention]?: Retention[Field] | undefined } | undefined
}

/** @throws AppError `invalid_organisation`, `stale_revision` */
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
    const changed = await updateOrganisation(tx, {
      ...rest,
      ...(policy && { policy: merge(current.policy, policy) }),
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

function merge<Fields extends object>(
  current: Fields,
  edit: { readonly [Field in keyof Fields]?: Fields[Field] | undefined },
): Fields {
  const given = Object.entries(edit).filter(([, value]) => value !== undefined)
  return { ...current, ...Object.fromEntries(given) }
}
