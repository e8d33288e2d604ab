import type { Database } from '../store/database.ts'
import { readProgress, type ProgressCounts } from '../store/progress.ts'
import { countRows, readTallies, type TallyCount } from '../store/tallies.ts'

type Counted = Omit<ProgressCounts, 'segments'>

export interface Recount {
  /** Over all carriers. */
  readonly progress: { readonly counters: Counted; readonly rows: Counted }
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

function total(carriers: Iterable<Counted>): Counted {
  const sum = {
    submitted: 0,
    delivered: 0,
    failed: 0,
    expired: 0,
    cancelled: 0,
    unknown: 0,
    possibleDuplicates: 0,
  }
  for (const counts of carriers) {
    for (const name of Object.keys(sum) as (keyof Counted)[]) sum[name] += counts[name]
  }
  return sum
}
