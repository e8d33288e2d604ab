import type { Words } from '../../lib/i18n.ts'

export const time: Words['time'] = {
  seconds: n => `${n} s`,
  minutes: n => `${n} min`,
  hours: n => `${n} h`,
  days: n => `${n} d`,
}
