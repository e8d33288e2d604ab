import type { Database } from '../store/database.ts'
import { NOBODY, readProgress, type RecipientCounts } from '../store/progress.ts'
import { countRows, readTallies, type TallyCount } from '../store/tallies.ts'

export interface Recount {
  /** Over all carriers. */
  readonly progress: { readonly counters: RecipientCounts; readonly rows: RecipientCounts }
  readonly tallies: {
    readonly counters: readonly TallyCount[]
    readonly rows: readonly TallyCount[]
  }
}

/** Counts an alert's rows anew, beside what its counters say; in one snapshot, pass a repeatable-read transaction. */
export async function recount(db: Database, alertId: string): Promise<Recount> {
  const rows = await countRows(db, alertId)
  return {
    progress: {
      counters: total((await readProgress(db, alertId)).values()),
      rows: total(rows.progress.values()),
    },
    tallies: { counters: await readTallies(db, alertId), rows: rows.tallies },
  }
}

function total(carriers: Iterable<RecipientCounts>): RecipientCounts {
  const sum = { ...NOBODY }
  for (const counts of carriers) {
    for (const name of Object.keys(sum) as (keyof RecipientCounts)[]) sum[name] += counts[name]
  }
  return sum
}
