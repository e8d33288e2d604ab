/** Why an alert's letters don't leave, for the person who must make them leave. */
import { listMailAccounts } from '../store/carriers.ts'
import type { Database } from '../store/database.ts'
import { readLinks, type LiveLink } from '../store/links.ts'
import { readStalledMailings } from '../store/mailings.ts'
import type { Alarm } from '../store/watching.ts'

/** By alert id. */
export async function readMailStalls(
  db: Database,
  alertIds: readonly string[],
): Promise<ReadonlyMap<string, Alarm>> {
  const stalled = await readStalledMailings(db, alertIds)
  if (stalled.length === 0) return new Map()
  const detail = whyMailStalls(await listMailAccounts(db), await readLinks(db))
  return new Map(
    stalled.map(({ alertId, since }) => [
      alertId,
      { code: 'mail_stalled', detail, since: since.toISOString() },
    ]),
  )
}

/** @param accounts those that take letters */
export function whyMailStalls(
  accounts: readonly { readonly id: string; readonly name: string }[],
  links: readonly LiveLink[],
): string {
  if (accounts.length === 0) return 'its e-mails wait: no mail account is enabled'
  const ids = new Set(accounts.map(({ id }) => id))
  const names = accounts.map(({ name }) => name).join(', ')
  const mine = links.filter(({ carrierId }) => ids.has(carrierId))
  if (mine.some(({ state }) => state !== 'unbound')) {
    return `its e-mails wait: ${names} can be reached, and takes none`
  }
  const said = mine.find(({ lastError }) => lastError !== null)?.lastError
  return `its e-mails wait: no connection is up to ${names}${said === undefined ? '' : `: ${said}`}`
}
