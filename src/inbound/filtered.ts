/**
 * Networks filter texts that look unwanted, and say so in their receipts (Twilio's 30007). A few always are; past a
 * share of an alert's receipts somebody must know, for its text reaches people no more.
 */

const LIMIT = { share: 0.05, least: 20 }
/** Alerts that are counted; one whose count is dropped begins anew. */
const MOST_ALERTS = 100

export interface FilterWatch {
  /**
   * Counts receipts of an alert that have been recorded, by whether they say that it was filtered.
   * @returns the share, where it is over the limit and nobody has been told
   */
  note(alertId: string, filtered: readonly boolean[]): number | undefined
  /** Somebody has been. */
  told(alertId: string): void
}

export function createFilterWatch(): FilterWatch {
  const alerts = new Map<string, { receipts: number; filtered: number; isTold: boolean }>()
  return {
    note(alertId, filtered) {
      const seen = alerts.get(alertId) ?? { receipts: 0, filtered: 0, isTold: false }
      alerts.delete(alertId)
      alerts.set(alertId, seen)
      for (const oldest of alerts.keys()) {
        if (alerts.size <= MOST_ALERTS) break
        alerts.delete(oldest)
      }
      seen.receipts += filtered.length
      seen.filtered += filtered.filter(Boolean).length
      const share = seen.filtered / seen.receipts
      const isOver = seen.receipts >= LIMIT.least && share > LIMIT.share
      return isOver && !seen.isTold ? share : undefined
    },
    told(alertId) {
      const seen = alerts.get(alertId)
      if (seen !== undefined) seen.isTold = true
    },
  }
}

export const filterAlarm = (share: number) => ({
  code: 'messages_filtered',
  detail: `${Math.round(share * 100)} % of the receipts say that networks filtered the text: shorten it, leave links out, or ask the carrier`,
})
