/** What the API finds wrong with a field, in the console's own words. */
import type { FaultCode, FaultValues } from '../../faults.ts'
import { words } from './i18n.ts'

/** As the API sends it: of a server that is newer than this page there may be other codes. */
export interface ApiFault {
  readonly pointer: string
  readonly detail: string
  readonly code?: string | undefined
  readonly values?: FaultValues | undefined
}

/** @returns the API's own English where nobody knows the code */
export function sayFault({ code, values = {}, detail }: Omit<ApiFault, 'pointer'>): string {
  const { faults } = words()
  if (!isKnown(code)) return detail
  return faults[code].replaceAll(/<(\w+)>/g, (given, name: string) => String(values[name] ?? given))
}

export const isTranslated = ({ code }: Pick<ApiFault, 'code'>): boolean => isKnown(code)

const isKnown = (code: string | undefined): code is FaultCode =>
  code !== undefined && code in words().faults
