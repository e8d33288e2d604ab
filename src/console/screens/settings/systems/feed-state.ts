import { settingsWords } from '../../../i18n/settings.ts'
import type { Feed } from '../../../lib/setting-types.ts'

/** Whether it is asked, and answers. */
export function feedState({ enabled, polledAt, failures }: Feed): string {
  const { feeds } = settingsWords()
  if (!enabled) return feeds.off
  if (failures > 0) return feeds.failures(failures)
  return polledAt === null ? feeds.toCome : feeds.fine
}
