import type { HeldRange, Item } from '../../src/dispatch/work.ts'
import { encodeText } from '../../src/encoding/segments.ts'

/** A range in a lane's hands, of an alert of that name and priority. */
export function aRange(alertId: string, priority: number, text = 'Take shelter.'): HeldRange {
  const encoded = encodeText(text)
  const shown = {
    encoded,
    personal: undefined,
    expiresAt: Infinity,
    segments: encoded.segments.length,
  }
  return {
    lease: { alertId, rangeNo: 1, fence: 1 },
    place: {
      routeClass: '',
      blockNo: 1,
      generation: 0,
      fromSeq: 1,
      toSeq: 500,
      seqs: null,
      hwm: 0,
    },
    alert: {
      id: alertId,
      traffic: 'live',
      priority,
      delivery: 'at-least-once',
      emergency: true,
      texts: new Map([
        [0, { ...shown, letter: { subject: 'Flood', body: 'Flood.', language: 'en-US' } }],
      ]),
    },
    phones: Buffer.alloc(8 * 500),
    text: shown,
    open: 500,
    inFlight: 0,
    sent: 0,
    deadline: Infinity,
    withdrawn: false,
    spoilt: false,
  }
}

/** So many messages of a range. */
export function itemsOf(range: HeldRange, count: number): Item[] {
  return Array.from({ length: count }, (_, i) => ({
    range,
    seq: i + 1,
    attempts: 0,
  }))
}
