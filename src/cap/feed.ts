import type { CapInfo, CapMessage } from './message.ts'

/** What the public feeds tell, whatever their form. Newest first. */
export interface Feed {
  /** Where the feeds are, without a slash at its end: `…/v1`. */
  readonly base: string
  /** The organisation's name. */
  readonly name: string
  /** When what is in it last changed. */
  readonly updated: Date
  readonly entries: readonly FeedEntry[]
}

export interface FeedEntry {
  /** Of the alert. */
  readonly id: string
  readonly published: Date
  readonly message: CapMessage
}

/** Where the CAP of an alert is to be had, by anybody. */
export function capUrl({ base }: Feed, { id }: FeedEntry): string {
  return `${base}/feed/${id}.cap`
}

/** What people read first: of the first block, as CAP has it. */
export function headingOf({ headline, event }: CapInfo): string {
  return headline ?? event
}

/** What has happened and what to do. */
export function summaryOf({ description, instruction, event }: CapInfo): string {
  return [description, instruction].filter(text => text !== undefined).join('\n\n') || event
}
