import { pino } from 'pino'

/**
 * The only fields a log line may carry. None of them is a phone number or a message text, so neither can
 * get into a log by accident; an error is reduced to its code and its own message (`describeError`).
 */
interface LogFields {
  alertId?: string
  carrierId?: string
  carrier?: string
  dispatcherId?: string
  operatorId?: string
  /** Seconds. */
  clockAhead?: number
  importId?: string
  subscriberId?: string
  noticeId?: string
  feedId?: string
  requestId?: string
  method?: string
  path?: string
  status?: number
  state?: string
  code?: string
  reason?: string
  count?: number
  ms?: number
  pid?: number
  port?: number
  attempt?: number
  perSecond?: number
  inFlight?: number
  waiting?: number
  batchMs?: number
  throttled?: number
  /** Migrations: that the program brings, that the database has had, that it asks for. */
  due?: number
  applied?: number
  floor?: number
}

export interface Log {
  debug(fields: LogFields, message: string): void
  info(fields: LogFields, message: string): void
  warn(fields: LogFields, message: string): void
  error(fields: LogFields, message: string): void
}

const logger = pino({
  level: process.env['TOCSIN_LOG_LEVEL'] ?? 'info',
  base: { role: process.env['TOCSIN_ROLE'] ?? 'all' },
})

export const log: Log = logger

const SAY_AGAIN_MS = 10_000

/**
 * Tells which complaints are news: the first of its kind, and one each ten seconds while the same goes on. A database
 * that is away for an hour is not said by each loop and lane each second.
 */
export function createNews(): (complaint: string) => boolean {
  const saidAt = new Map<string, number>()
  return complaint => {
    const now = performance.now()
    if (now - (saidAt.get(complaint) ?? -Infinity) < SAY_AGAIN_MS) return false
    saidAt.set(complaint, now)
    return true
  }
}

/** The code of an error and nothing else of it: messages of foreign errors may hold parameters. */
export function describeError(error: unknown): string {
  if (error instanceof Error) {
    const code = (error as { code?: unknown }).code
    return typeof code === 'string' ? code : error.name
  }
  return 'unknown'
}
