import type { Words } from '../../lib/i18n.ts'

export const preview: Words['preview'] = {
  segments: n => `${n} SMS`,
  beside: language => `En correos, en las páginas de los destinatarios y en el canal: ${language}`,
}
