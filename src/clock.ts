/** What must be added to the monotonic clock to get the database's, in milliseconds; until it is known, the machine's. */
let ahead = Date.now() - performance.now()

/**
 * The database's clock, as epoch milliseconds, by which messages expire. It runs on this process's
 * monotonic clock from the last answer on: the machine's own may be an hour off, or be set while messages leave.
 */
export const databaseTime = (): number => performance.now() + ahead

/** The same of a moment that `performance.now()` told. */
export const databaseTimeAt = (moment: number): number => moment + ahead

/** @param databaseNow epoch milliseconds, in an answer that came at `receivedAt` by `performance.now()` */
export function heedDatabaseTime(databaseNow: number, receivedAt: number): void {
  ahead = databaseNow - receivedAt
}

/** Waits `ms` milliseconds, or until `signal` aborts: then it resolves early, never rejects. */
export function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    if (signal?.aborted === true) return resolve()
    const done = () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, ms)
    signal?.addEventListener('abort', done, { once: true })
  })
}

/** A backoff with full jitter: between half and the whole of min(cap, base × 2^attempt), in milliseconds. */
export function jitteredBackoff(
  attempt: number,
  baseMs: number,
  capMs: number,
  random: () => number = Math.random,
): number {
  const ceiling = Math.min(capMs, baseMs * 2 ** Math.min(attempt, 30))
  return ceiling / 2 + (ceiling / 2) * random()
}
