import type { Client } from './client.ts'
import type { WatchedAlert } from './watch.ts'

interface Listed {
  readonly id: string
  readonly name: string
  readonly version: number
}

/**
 * @param named its id, or its name without regard to case
 * @throws Error where there is none
 */
export async function findTemplate(client: Client, named: string): Promise<Listed> {
  let cursor: string | null = null
  do {
    const after: string = cursor === null ? '' : `&cursor=${cursor}`
    const page = await client.get<{ items: Listed[]; nextCursor: string | null }>(
      `/v1/templates?limit=1000${after}`,
    )
    const found = page.items.find(
      ({ id, name }) => id === named || name.toLowerCase() === named.toLowerCase(),
    )
    if (found !== undefined) return found
    cursor = page.nextCursor
  } while (cursor !== null)
  throw new Error(`there is no template ${named}: GET /v1/templates lists them`)
}

/** @param use as `POST /v1/templates/{id}/draft` takes it */
export async function draftFromTemplate(
  client: Client,
  named: string,
  use: unknown,
): Promise<WatchedAlert> {
  const { id } = await findTemplate(client, named)
  return client.post<WatchedAlert>(`/v1/templates/${id}/draft`, use)
}
