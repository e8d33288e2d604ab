import { sleep } from '../clock.ts'
import type { Client } from './client.ts'

export interface ImportState {
  readonly state: 'running' | 'completed' | 'failed'
  readonly read: number
  readonly accepted: number
  readonly created: number
  readonly updated: number
  readonly removed: number
  readonly rejected: number
}

/** Uploads a CSV and follows the import to its end, saying how far it is about once a second. */
export async function importContacts(
  client: Client,
  csv: ReadableStream<Uint8Array>,
  query: URLSearchParams,
  say: (line: string) => void,
): Promise<ImportState> {
  const { id } = await client.upload<{ id: string }>(`/v1/contacts/import?${query.toString()}`, csv)
  for (;;) {
    const now = await client.get<ImportState>(`/v1/imports/${id}`)
    if (now.state !== 'running') return now
    say(`  ${now.read} rows read, ${now.rejected} rejected`)
    await sleep(500)
  }
}
