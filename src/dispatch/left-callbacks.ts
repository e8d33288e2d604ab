/**
 * Callbacks of carriers that no lane has open: of one that is disabled, people's answers to what it has sent still
 * come. Any dispatcher takes them.
 */
import { MessageIds } from '../inbound/message-ids.ts'
import { carriersLeftWaiting } from '../store/callbacks.ts'
import { notify, type Database } from '../store/database.ts'
import { createCallbackDesk, type CallbackDesk } from './callbacks.ts'
import { createIntake, type Intake } from './intake.ts'
import { startCounts } from './lane-counts.ts'

/** A lane somewhere would have taken them by now. */
const PATIENCE_SECONDS = 3

export interface LeftCallbacks {
  /** Takes what is left, but for carriers that have a lane here. Called about once a second. */
  take(hasLane: (carrierId: string) => boolean): Promise<void>
  flush(): Promise<void>
}

export function createLeftCallbacks(db: Database, dispatcherId: string): LeftCallbacks {
  const takers = new Map<string, { readonly desk: CallbackDesk; readonly intake: Intake }>()

  const takerOf = (carrierId: string) => {
    let taker = takers.get(carrierId)
    if (taker === undefined) {
      const tell = () => void notify(db, 'alerts', carrierId).catch(() => undefined)
      const ids = new MessageIds(db, carrierId)
      const intake = createIntake(db, ids, startCounts(), () => Promise.resolve(), tell)
      const desk = createCallbackDesk({ db, carrierId, dispatcherId, ...intake })
      takers.set(carrierId, (taker = { desk, intake }))
    }
    return taker
  }

  return {
    async take(hasLane) {
      for (const carrierId of takers.keys()) if (hasLane(carrierId)) takers.delete(carrierId)
      for (const carrierId of await carriersLeftWaiting(db, PATIENCE_SECONDS)) {
        if (!hasLane(carrierId)) await takerOf(carrierId).desk.take()
      }
      for (const { intake } of takers.values()) await intake.catchUp()
    },
    async flush() {
      for (const { desk, intake } of takers.values()) {
        await intake.flush()
        await desk.flush()
      }
    },
  }
}
