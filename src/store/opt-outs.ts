import { sql } from 'drizzle-orm'

/**
 * An opt-out is stamped when its transaction begins, and seen once that has committed: one that was stamped before the
 * dispatch may not have been seen by whoever laid the alert out. Longer than any transaction may take
 * (`database.ts`), and than the clocks of those who dispatch may differ from the database's.
 */
const UNSEEN_MINUTES = 5

/**
 * Whether an opt-out `o` keeps an alert `a` that is being sent from whoever it is of. Those who had opted out before
 * the dispatch were never planned: that some of them are looked at again changes nothing.
 */
export const OPTED_OUT_SINCE =
  sql.raw(`(o.at >= a.dispatched_at - interval '${UNSEEN_MINUTES} minutes'
  and (o.scope = 'all' or not a.emergency and (o.scope in ('nonEmergency', 'carrier')
    or o.scope = 'category' and jsonb_path_query_array(a.draft, '$.info[*].category[*]') ? o.category
    or o.scope = 'otherCategories' and not jsonb_path_query_array(a.draft, '$.info[*].category[*]')
      ?| string_to_array(o.category, ','))))`)
