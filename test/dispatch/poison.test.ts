import { v7 as uuid } from 'uuid'
import { expect } from 'vitest'
import type { CarrierConfig } from '../../src/carriers/carrier.ts'
import { createClaiming } from '../../src/dispatch/claim.ts'
import type { SendableAlert } from '../../src/dispatch/work.ts'
import { encodeText } from '../../src/encoding/segments.ts'
import { test } from '../support/database.ts'
import { insertCarrier, insertSendingAlert } from '../support/sending.ts'

test('an alert that no lane can make anything of keeps no other from being sent', async ({
  db,
}) => {
  const carrierId = await insertCarrier(db, 'poisoned')
  const poison = await insertSendingAlert(db, { priority: -2, recipients: 400 })
  const sound = await insertSendingAlert(db, { priority: -1 })
  const held: string[] = []
  const { claim } = createClaiming({
    db,
    dispatcherId: uuid(),
    account: { id: carrierId, routes: [] } as unknown as CarrierConfig,
    rate: 100,
    segmentsHere: text => text.segments.length,
    pulls: () => [{ routeClass: '', after: [], waitSeconds: 0, share: 1, isAlone: true }],
    // As an encoder would that meets a text nobody thought of.
    sendable: async id => {
      if (id === poison.alertId) throw new TypeError('no such character')
      const text = { encoded: encodeText('Take shelter.'), expiresAt: Infinity }
      return { id, traffic: 'live', texts: new Map([[0, text]]) } as unknown as SendableAlert
    },
    hold: ({ alert }) => held.push(alert.id),
  })
  for (let turn = 0; turn < 10; turn++) await claim({ limit: 10, before: undefined })
  expect(held).toEqual([sound.alertId])
})
