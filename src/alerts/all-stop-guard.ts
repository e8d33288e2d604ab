import { AppError } from '../errors.ts'
import { countAllStops, holdAllStops, type Place } from '../store/all-stops.ts'
import type { Database } from '../store/database.ts'

/**
 * At the end of what makes an alert begin, before it is told of: until the commit nothing is stopped as a whole.
 *
 * @param seen all-stops until it was asked for
 * @throws AppError `wrong_state`
 */
export async function assertNotAllStopped(tx: Database, place: Place, seen: number): Promise<void> {
  await holdAllStops(tx, place)
  if ((await countAllStops(tx, place)) === seen) return
  throw new AppError('wrong_state', 'everything was stopped meanwhile: it was not sent')
}
