import { recordAudit } from '../store/audit.ts'
import { type Database, transact } from '../store/database.ts'
import { lockOrganisation } from '../store/organisation.ts'
import { knownTemplates } from '../store/templates.ts'
import { type StarterLanguage, starters } from './starter/starters.ts'
import { type By, insertFirst } from './templates.ts'

export interface LoadedStarters {
  readonly added: { readonly id: string; readonly key: string; readonly name: string }[]
  /** Keys of those that were loaded before, whatever became of them, or whose name another template has. */
  readonly kept: string[]
}

/**
 * Adds the templates that come with the program. What is there stays as it is, what was edited or deleted too: to load
 * them again changes nothing. Nobody has reviewed them yet.
 *
 * @param languages in which; the first is the source of the others
 */
export async function loadStarters(
  db: Database,
  { operator, now }: By,
  languages: readonly StarterLanguage[],
): Promise<LoadedStarters> {
  return transact(db, async tx => {
    // Of two who load them at once the second finds them all.
    await lockOrganisation(tx)
    const known = await knownTemplates(tx)
    const loaded: LoadedStarters = { added: [], kept: [] }
    for (const { key, template } of starters(languages)) {
      const { name } = template
      if (known.starters.has(key) || known.names.has(name)) {
        loaded.kept.push(key)
        continue
      }
      const { row } = await insertFirst(tx, template, { operator: undefined, now, starter: key })
      loaded.added.push({ id: row.id, key, name })
    }
    const detail = { added: loaded.added.map(({ key }) => key), languages: [...languages] }
    await recordAudit(tx, {
      operatorId: operator.id,
      action: 'templates.loaded',
      subject: 'starter',
      detail,
    })
    return loaded
  })
}
