/** What an import turned down, as a file in the console's own words. */
import { csvLine, inertCell } from '../../../../encoding/csv.ts'
import { request } from '../../../lib/api.ts'
import { csvBlob } from '../../../lib/csv-blob.ts'
import { loadFaultWords, sayFault } from '../../../lib/faults.ts'
import { jsonLines } from '../../../lib/json-lines.ts'
import type { Reject } from '../../../lib/setting-types.ts'

export const requestRejects = (id: string, signal?: AbortSignal) =>
  request('GET', `/v1/imports/${id}/rejects`, { accept: 'application/x-ndjson', signal })

/** How long it works before the page has a turn. */
const TURN_MS = 12

/**
 * All rows, each translated as it comes and put away outside the page's own memory, for there may be a million.
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
  const response = await requestRejects(id, signal)
  const parts = [new Blob([csvLine(columns)])]
  let read = 0
  let turn = performance.now()
  for await (const rejects of jsonLines<Reject>(response)) {
    parts.push(new Blob(rejects.map(lineOf)))
    read += rejects.length
    if (performance.now() - turn < TURN_MS) continue
    onRows(read)
    await new Promise(resolve => setTimeout(resolve))
    turn = performance.now()
  }
  return csvBlob(parts)
}

const lineOf = ({ line, column, value, ...reason }: Reject) =>
  csvLine([line, column, sayFault(reason), value].map(inertCell))
