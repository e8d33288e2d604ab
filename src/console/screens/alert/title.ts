import { words } from '../../lib/i18n.ts'
import type { Alert } from '../../lib/types.ts'

export function titleOf({ info: [first] }: Pick<Alert, 'info'>): string {
  return first?.headline ?? first?.event ?? words().alerts.untitled
}
