/** What is being written, kept in this browser too: for a server that does not answer, or a tab that closes. */
import type { Form } from './form.ts'

export interface Kept {
  readonly form: Form
  /** The draft on the server that it belongs to, and the revision that it was made from. */
  readonly alertId: string | undefined
  readonly revision: number | undefined
  readonly at: number
}

const STORE = 'forms'

export async function keep(name: string, what: Kept | undefined): Promise<void> {
  await inStore('readwrite', store =>
    what === undefined ? store.delete(name) : store.put(what, name),
  ).catch(() => undefined)
}

export async function kept(name: string): Promise<Kept | undefined> {
  const found = await inStore('readonly', store => store.get(name)).catch(() => undefined)
  return found as Kept | undefined
}

async function inStore(
  mode: IDBTransactionMode,
  act: (store: IDBObjectStore) => IDBRequest,
): Promise<unknown> {
  const opening = indexedDB.open('tocsin-drafts', 1)
  opening.addEventListener('upgradeneeded', () => opening.result.createObjectStore(STORE))
  await done(opening)
  const db = opening.result
  try {
    return await done(act(db.transaction(STORE, mode).objectStore(STORE)))
  } finally {
    db.close()
  }
}

function done(asked: IDBRequest): Promise<unknown> {
  return new Promise((resolve, reject) => {
    asked.addEventListener('success', () => resolve(asked.result))
    asked.addEventListener('error', () =>
      reject(asked.error ?? new Error('the browser keeps no data here')),
    )
  })
}
