import { words } from '../../../lib/i18n.ts'
import type { ReadBytes } from '../../../lib/signed.ts'
import type { Alert } from '../../../lib/types.ts'
import type { Check } from '../../../lib/check.ts'
import { Checks } from '../../../parts/Checks.tsx'

/** Whether the sender holds the area that was signed: a polygon lost on the way once warned ten million. */
export function AreaLine({
  alert,
  read,
  problem,
}: {
  alert: Alert
  read: ReadBytes | undefined
  problem: unknown
}) {
  if (read === undefined && problem === undefined) return null
  return <Checks checks={[checkOf(alert, read)]} />
}

function checkOf(alert: Alert, read: ReadBytes | undefined): Check {
  const { approve, watching } = words()
  if (read === undefined) return { kind: 'warn', text: watching.areaUnread }
  const { content, digest, areasDigest } = read
  if (digest !== alert.contentDigest || areasDigest !== content.areasDigest) {
    return { kind: 'error', text: watching.areaDiffers }
  }
  const text =
    content.areas.length === 0
      ? watching.areaNone
      : watching.areaSame(approve.areasOf(content.areas.length))
  return { kind: 'ok', text }
}
