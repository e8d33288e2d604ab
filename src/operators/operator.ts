import type { ROLES } from '../store/schema.ts'
import type { Jurisdiction, Limits } from '../store/operators.ts'

export type Role = (typeof ROLES)[number]

/** A person who may use the system, as every room above sees them; or the rule of a feed, which writes and no more. */
export interface Operator {
  readonly id: string
  /** Lower case, NFKC: two spellings of one address are one person. */
  readonly email: string
  readonly name: string
  readonly roles: readonly Role[]
  /** Where they have authority; undefined: everywhere the organisation has. */
  readonly jurisdiction: Jurisdiction | undefined
  /** What they may send; undefined: anything. */
  readonly limits: Limits | undefined
  readonly createdAt: Date
  readonly disabledAt: Date | undefined
  readonly revision: number
  /** The feed whose rule it is; undefined: a person. */
  readonly feedId: string | undefined
}

/** A sign-in: where an access token comes from and what it is for. */
export interface SignIn {
  readonly id: string
  readonly mode: 'live' | 'exercise'
  /** The exercise that it is for, and ends with; undefined: live, or practice outside any. */
  readonly exerciseId: string | undefined
  /** When the person proved who they are. */
  readonly createdAt: Date
  /** It may enrol a passkey and no more: policy wants one at sign-in, and the person had none. */
  readonly onlyEnrols: boolean
}
