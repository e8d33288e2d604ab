import { settleExercises } from '../alerts/exercise-end.ts'
import { heedOverdueReviews } from '../audience/opt-outs.ts'
import { sleep } from '../clock.ts'
import { describeError, log } from '../log.ts'
import { deleteRecipients } from '../reports/delete-recipients.ts'
import { countEndedAlerts } from '../reports/ended-alerts.ts'
import { sendDueReports } from '../reports/due.ts'
import { purgeFeedItems } from '../store/cap-feeds.ts'
import { purgeKeys } from '../store/idempotency.ts'
import { purgeFailures as purgeFailedDeliveries } from '../store/ended-alerts.ts'
import { purgeReports } from '../store/due-reports.ts'
import { purgeRejects } from '../store/imports.ts'
import { purgeNotices } from '../store/notices.ts'
import { purgeOperatorLetters } from '../store/operator-letters.ts'
import { readOrganisation } from '../store/organisation.ts'
import { purgeSpentChallenges } from '../store/passkeys.ts'
import { purgeReplies } from '../store/retention.ts'
import { purgeFailures, purgeSessions } from '../store/sessions.ts'
import { purgeSimulated } from '../store/simulated-exercises.ts'
import type { AppDependencies } from './env.ts'

const EVERY_MS = 10 * 60_000
/** What is going on in an exercise stops within seconds of its end, whether or not a dispatcher runs. */
const SETTLE_MS = 2_000
const DAY_MS = 86_400_000
/** An ended sign-in is kept a month: a copied refresh token of it should still be recognised for one. */
const SESSIONS_KEPT_DAYS = 30
/** An address is known to an account this long after its last sign-in. */
const KNOWN_ADDRESS_DAYS = 90
/** A challenge is over after minutes; a day more costs nothing, whatever clocks differ by. */
const SPENT_CHALLENGES_KEPT_DAYS = 1
/** What subscribers were told can be replayed this long. */
const NOTICES_KEPT_DAYS = 30
/** What an import turned down can be read this long. */
const REJECTS_KEPT_DAYS = 30
/** What a feed has not listed for so long it could list again, and would be known by its message. */
const FEED_ITEMS_KEPT_DAYS = 7

/** Ended alerts are counted, and reports that are due at seven are in the mail, soon after. */
const REPORTS_MS = 30_000
/** What became of reports that went out can be read this long. */
const REPORTS_KEPT_DAYS = 30

/** Ends exercises in their time; puts reports into the mail in theirs; rotates token keys, heeds what nobody has judged in time, and drops what has run out, every ten minutes; any number of API nodes may do it. */
export function startHousekeeping(
  { database: { db }, config, tokenKeys, now }: AppDependencies,
  everyMs = EVERY_MS,
): { stop(): Promise<void> } {
  const stopping = new AbortController()
  const chores = [
    () => tokenKeys.rotate(now()),
    () => heedOverdueReviews(db, now()),
    () => purgeKeys(db),
    () => purgeSessions(db, daysAgo(now(), SESSIONS_KEPT_DAYS)),
    () => purgeFailures(db, daysAgo(now(), KNOWN_ADDRESS_DAYS)),
    () => purgeSpentChallenges(db, daysAgo(now(), SPENT_CHALLENGES_KEPT_DAYS)),
    () => purgeNotices(db, daysAgo(now(), NOTICES_KEPT_DAYS)),
    async () => {
      const { retention } = await readOrganisation(db)
      await purgeReplies(db, daysAgo(now(), retention.repliesDays))
    },
    () => purgeRejects(db, daysAgo(now(), REJECTS_KEPT_DAYS)),
    () => purgeFeedItems(db, daysAgo(now(), FEED_ITEMS_KEPT_DAYS)),
    async () => {
      const { retention } = await readOrganisation(db)
      await purgeFailedDeliveries(db, daysAgo(now(), retention.deliveriesDays))
    },
    async () => {
      const { retention } = await readOrganisation(db)
      const until = daysAgo(now(), retention.deliveriesDays)
      await deleteRecipients(db, until, now(), stopping.signal)
    },
    async () => {
      const { retention } = await readOrganisation(db)
      await purgeSimulated(db, daysAgo(now(), retention.deliveriesDays))
    },
    () => purgeReports(db, daysAgo(now(), REPORTS_KEPT_DAYS)),
    () => purgeOperatorLetters(db, daysAgo(now(), REPORTS_KEPT_DAYS)),
  ]
  const running = (async () => {
    for (;;) {
      await sleep(everyMs, stopping.signal)
      if (stopping.signal.aborted) return
      for (const chore of chores) {
        await chore().catch((error: unknown) => {
          log.warn({ code: describeError(error) }, 'a housekeeping chore failed')
        })
      }
    }
  })()
  const settling = (async () => {
    while (!stopping.signal.aborted) {
      await settleExercises(db, now()).catch((error: unknown) => {
        log.warn({ code: describeError(error) }, 'exercises were not brought to their end')
      })
      await sleep(SETTLE_MS, stopping.signal)
    }
  })()
  const reporting = (async () => {
    while (!stopping.signal.aborted) {
      await countEndedAlerts(db, now()).catch((error: unknown) => {
        log.warn({ code: describeError(error) }, 'ended alerts were not counted')
      })
      await sendDueReports(db, config.publicUrl, now()).catch((error: unknown) => {
        log.warn({ code: describeError(error) }, 'reports were not put into the mail')
      })
      await sleep(REPORTS_MS, stopping.signal)
    }
  })()
  return {
    async stop() {
      stopping.abort()
      await Promise.all([running, settling, reporting])
    },
  }
}

function daysAgo(now: Date, days: number): Date {
  return new Date(now.getTime() - days * DAY_MS)
}
