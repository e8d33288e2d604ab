import type { Words } from '../../lib/i18n.ts'

export const preview: Words['preview'] = {
  segments: n => `${n} SMS`,
}
