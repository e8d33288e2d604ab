import { sql } from 'drizzle-orm'

/**
 * Whether an opt-out `o` keeps an alert `a` that was dispatched before from whoever it is of. Those who had opted out
 * before that were never planned.
 */
export const OPTED_OUT_SINCE = sql.raw(`(o.at >= a.dispatched_at
  and (o.scope = 'all' or not a.emergency and (o.scope in ('nonEmergency', 'carrier')
    or o.scope = 'category' and jsonb_path_query_array(a.draft, '$.info[*].category[*]') ? o.category
    or o.scope = 'otherCategories' and not jsonb_path_query_array(a.draft, '$.info[*].category[*]')
      ?| string_to_array(o.category, ','))))`)
