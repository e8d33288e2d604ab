import { type LinkCoding, USUAL_CODING } from '../../encoding/link-text.ts'
import type { SubmitErrorKind } from '../carrier.ts'

/** What message centres do differently, where the standard leaves it to them or they leave the standard. */
export interface SmppDialect {
  readonly coding: LinkCoding
  /** Where they are not told by the address (SMPP 3.4 §5.2.5, §5.2.6). */
  readonly source: NumberType
  readonly destination: NumberType
  readonly serviceType: string
  /** How validity_period is written; with `none` an alert's end holds back only what has not left. */
  readonly validity: 'relative' | 'absolute' | 'none'
  /** Receipts asked for: how it ended, and with `intermediate` what became of it before as well. */
  readonly registeredDelivery: 'none' | 'final' | 'intermediate'
  /** What a command_status means here, where it is not what it usually means. */
  readonly statuses: ReadonlyMap<number, SubmitErrorKind>
}

interface NumberType {
  readonly ton?: number | undefined
  readonly npi?: number | undefined
}

export const USUAL_DIALECT: SmppDialect = {
  coding: USUAL_CODING,
  source: {},
  destination: {},
  serviceType: '',
  validity: 'relative',
  registeredDelivery: 'final',
  statuses: new Map(),
}
