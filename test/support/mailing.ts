import { sql } from 'drizzle-orm'
import { contactIdAt, phoneAt, readBlocks } from '../../src/store/blocks.ts'
import { transact, type Database } from '../../src/store/database.ts'
import { layOutLetters, openMailing } from '../../src/store/mailings.ts'
import { insertCarrier, insertSendingAlert } from './sending.ts'

/** An alert that is being sent, and a mail account. @param addressOf of the recipient with that number; null: none */
export async function aMailing(
  db: Database,
  options: Parameters<typeof insertSendingAlert>[1] = {},
  addressOf: (seq: number) => string | null = seq => `p${seq}@people.example`,
) {
  const carrierId = await insertCarrier(db, `Post ${crypto.randomUUID()}`)
  await db.execute(sql`update carriers set protocol = 'smtp' where id = ${carrierId}::uuid`)
  const { alertId } = await insertSendingAlert(db, options)
  await db.execute(sql`delete from contacts`)
  for (const { blockNo, phones, contactIds, block } of await readBlocks(db, alertId, 1, 1_000)) {
    for (let offset = 0; offset < block.size; offset++) {
      await db.execute(sql`
        insert into contacts (id, phone, email) values (${contactIdAt(contactIds, offset)}::uuid,
          ${phoneAt(phones, offset)}, ${addressOf(blockNo + offset)})
      `)
    }
  }
  await transact(db, tx => openMailing(tx, alertId))
  return { alertId, carrierId }
}

/** Everything that can be, now. */
export const layOut = async (db: Database) => {
  while (await transact(db, layOutLetters));
}
