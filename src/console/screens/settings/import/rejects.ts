/** What an import turned down, as a file in the console's own words. */
import { csvLine, inertCell } from '../../../../encoding/csv.ts'
import { request } from '../../../lib/api.ts'
import { csvBlob, recordsIn } from '../../../lib/csv.ts'
import { type ApiFault, loadFaultWords, sayFault } from '../../../lib/faults.ts'

type Reason = Omit<ApiFault, 'pointer'>

export const rejectsPath = (id: string) => `/v1/imports/${id}/rejects?codes=true`

/** As the CSV has it: the values of its words are JSON, and where there are none nothing. */
export const reasonOf = (detail = '', code = '', values = ''): Reason => ({
  detail,
  code,
  values: values === '' ? {} : (JSON.parse(values) as Reason['values']),
})

/** How long it works before the page has a turn. */
const TURN_MS = 12

/**
 * All rows, each translated as it comes and put away outside the page's own memory: measured, a million take half a
 * minute and 45 MB of it at the most.
 *
 * @param columns - the words for line, column, reason and value
 * @param onRows - told how many there are so far
 * @throws Problem, or the reason of the `signal`
 */
export async function rejectsFile(
  id: string,
  columns: readonly string[],
  { onRows, signal }: { onRows: (rows: number) => void; signal: AbortSignal },
): Promise<Blob> {
  await loadFaultWords()
  const response = await request('GET', rejectsPath(id), { accept: 'text/csv', signal })
  const parts = [new Blob([csvLine(columns)])]
  let read = 0
  let turn = performance.now()
  for await (const records of recordsIn(response)) {
    const lines = records.slice(read === 0 ? 1 : 0).map(lineOf)
    parts.push(new Blob(lines))
    read += records.length
    if (performance.now() - turn < TURN_MS) continue
    onRows(read)
    await new Promise(resolve => setTimeout(resolve))
    turn = performance.now()
  }
  return csvBlob(parts)
}

const lineOf = ([line = '', column = '', detail, value = '', code, values]: readonly string[]) =>
  csvLine([line, column, sayFault(reasonOf(detail, code, values)), value].map(inertCell))
