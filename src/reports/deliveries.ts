import { csvLine, inertCell } from '../encoding/csv.ts'
import { domainOf } from '../encoding/mail-address.ts'
import { AppError } from '../errors.ts'
import type { Operator } from '../operators/operator.ts'
import type { Database } from '../store/database.ts'
import { readDeletedAt } from '../store/deleted-recipients.ts'
import { listDeliveries, type DeliveryRow } from '../store/deliveries.ts'
import { listLetters, type LetterRow } from '../store/letters.ts'
import { hasMailing } from '../store/mailings.ts'

/** One recipient, as lists and the CSV report show it. Times are RFC 3339. */
export interface Delivery extends Omit<DeliveryRow, 'submittedAt' | 'finalAt' | 'repliedAt'> {
  readonly submittedAt: string | null
  readonly finalAt: string | null
  readonly repliedAt: string | null
}

/** Full phone numbers are for those who work with them; others see enough to tell two people apart. */
export function phoneAsSeenBy(operator: Viewer, phone: string): string {
  return seesInFull(operator) ? phone : `…${phone.slice(-3)}`
}

/** As phones are: the first character, and where the mailbox is. */
export function mailAddressAsSeenBy(operator: Viewer, address: string): string {
  return seesInFull(operator) ? address : `${address.slice(0, 1)}…@${domainOf(address)}`
}

type Viewer = Pick<Operator, 'roles'>

function seesInFull({ roles }: Viewer): boolean {
  return roles.some(role => role === 'administrator' || role === 'author')
}

export function deliveryAsSeenBy(operator: Viewer, row: DeliveryRow): Delivery {
  return {
    ...row,
    phone: phoneAsSeenBy(operator, row.phone),
    submittedAt: row.submittedAt?.toISOString() ?? null,
    finalAt: row.finalAt?.toISOString() ?? null,
    repliedAt: row.repliedAt?.toISOString() ?? null,
  }
}

const COLUMNS = [
  'seq',
  'phone',
  'contactId',
  'state',
  'reason',
  'carrierId',
  'segments',
  'attempts',
  'possibleDuplicate',
  'submittedAt',
  'finalAt',
  'reply',
  'repliedAt',
] as const satisfies readonly (keyof Delivery)[]

/**
 * Of an alert that is mailed, the letter beside each text. Who has none, or shares a mailbox with somebody who has it,
 * has nothing there.
 */
const LETTER_COLUMNS = [
  'letterAddress',
  'letterState',
  'letterReason',
  'letterPossibleDuplicate',
  'letterSettledAt',
] as const

function letterCells(operator: Viewer, letter: LetterRow | undefined): string[] {
  if (letter === undefined) return LETTER_COLUMNS.map(() => '')
  const cells = {
    letterAddress: mailAddressAsSeenBy(operator, letter.address),
    letterState: letter.state,
    letterReason: letter.reason,
    letterPossibleDuplicate: letter.possibleDuplicate,
    letterSettledAt: letter.settledAt?.toISOString() ?? null,
  }
  return LETTER_COLUMNS.map(column => inertCell(cells[column]))
}

/** Rows read at once: about 2 MB of text, whatever the alert's size. */
const PAGE = 5_000

/** U+FEFF: by it a spreadsheet knows UTF-8. */
const BYTE_ORDER_MARK = '\uFEFF'

/**
 * Every recipient of an alert as CSV (RFC 4180), in pieces, each read from the database only when the one before
 * was taken. Every cell is quoted, and one that a spreadsheet would take for a formula begins with `'`. Once the
 * recipients are deleted there are the columns alone.
 *
 * @throws AppError `recipients_deleted` where that was done in the midst of it: half a list is not to look whole
 */
export async function* deliveriesCsv(
  db: Database,
  alertId: string,
  operator: Viewer,
  start: 'plain' | 'byte order mark' = 'plain',
): AsyncGenerator<string, void> {
  const isMailed = await hasMailing(db, alertId)
  const columns = isMailed ? [...COLUMNS, ...LETTER_COLUMNS] : COLUMNS
  yield (start === 'plain' ? '' : BYTE_ORDER_MARK) + csvLine(columns)
  for (let afterSeq = 0; ;) {
    const rows = await listDeliveries(db, alertId, { afterSeq, limit: PAGE })
    // Asked after the rows are read: they go only once this is said.
    if (await readDeletedAt(db, alertId)) {
      if (afterSeq === 0) return
      throw new AppError('recipients_deleted', 'the recipients were deleted while they were read')
    }
    const last = rows.at(-1)
    if (last === undefined) return
    // A recipient has one at the most, so that these are all of the page's.
    const page = { states: undefined, afterSeq, limit: PAGE }
    const letters = new Map(
      (isMailed ? await listLetters(db, alertId, page) : []).map(letter => [letter.seq, letter]),
    )
    const lines = rows.map(row => {
      const delivery = deliveryAsSeenBy(operator, row)
      const cells = COLUMNS.map(column => inertCell(delivery[column]))
      const ofLetter = isMailed ? letterCells(operator, letters.get(row.seq)) : []
      return csvLine([...cells, ...ofLetter])
    })
    yield lines.join('')
    afterSeq = last.seq
  }
}
