/** The words of replies and of those who need help: loaded with their screen. */
import { language } from '../lib/i18n.ts'
import { replies as english } from './en/replies.ts'
import { replies as spanish } from './es/replies.ts'

export type ReplyWords = typeof english

export const replyWords = (): ReplyWords => (language.value === 'es' ? spanish : english)
