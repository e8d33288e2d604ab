import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Carrier, type CarrierConfig, isSubmitError } from '../../src/carriers/carrier.ts'
import { encodeText } from '../../src/encoding/segments.ts'
import { type RecordedEvents, recordEvents } from '../support/carrier-events.ts'

/** The network beyond an adapter, which takes messages and answers them. */
export interface Peer {
  readonly config: CarrierConfig
  /** Whether the network is handed segments, each by itself, or messages that it cuts. */
  readonly takes: 'segments' | 'messages'
  /** Segments that came, those of a message that came whole included. */
  readonly received: number
  until(what: string, check: () => boolean, ms?: number): Promise<void>
  /** Stops answering; what came meanwhile is answered on `resume`. */
  hold(): void
  resume(): void
  dropLinks(): void
  close(): Promise<void>
}

/** What every adapter promises the engine, whatever its network. */
export function carrierConformance(
  protocol: string,
  startPeer: () => Promise<Peer>,
  create: (config: CarrierConfig) => Carrier,
): void {
  describe(`a carrier that speaks ${protocol}`, () => {
    const text = encodeText('Flash flood. Move to higher ground. Reply 1 if safe.')
    const joined = encodeText('A'.repeat(400))
    const expiresAt = Date.now() + 3_600_000
    let peer: Peer
    let carrier: Carrier
    let events: RecordedEvents

    beforeEach(async () => {
      peer = await startPeer()
      carrier = create(peer.config)
      events = recordEvents()
      await carrier.open(events, AbortSignal.timeout(5_000))
    })

    afterEach(async () => {
      await carrier.close(AbortSignal.timeout(1_000))
      await peer.close()
    })

    const submit = (ref: number, encoded = text) => {
      carrier.submit({ to: `+1555${2_000_000 + ref}`, text: encoded, expiresAt }, ref)
    }
    const submitAll = (from: number, to: number) => {
      for (let ref = from; ref < to; ref++) submit(ref)
    }
    const window = () => peer.config.window * peer.config.binds
    const ids = (segments: number) => (peer.takes === 'segments' ? segments : 1)
    /** Segments at the peer, of a message of which so many may leave. */
    const left = (released: number) => (peer.takes === 'segments' ? released : 0)

    test('ends every submission exactly once', { timeout: 60_000 }, async () => {
      const total = peer.takes === 'segments' ? 5_000 : 1_000
      let next = 0
      const pump = () => {
        while (next < total && carrier.room >= 1) submit(next++)
      }
      events.onRoom = pump
      pump()
      await events.until('all ended', () => events.outcomes.length >= total, 50_000)
      const refs = events.outcomes.map(({ ref }) => ref).toSorted((a, b) => a - b)
      expect(refs).toEqual(Array.from({ length: total }, (_, ref) => ref))
      expect(events.outcomes.every(({ outcome }) => !isSubmitError(outcome))).toBe(true)
      expect(peer.received).toBe(total)
      expect(carrier.inFlight).toBe(0)
    })

    test('offers its windows and no more, and says when there is room again', async () => {
      await events.until('all binds', () => carrier.room === window())
      peer.hold()
      submitAll(0, window())
      expect([carrier.room, carrier.inFlight]).toEqual([0, window()])
      await peer.until('all came', () => peer.received === window())
      expect(events.outcomes).toEqual([])
      const rooms = events.rooms
      peer.resume()
      await events.until('all ended', () => events.outcomes.length === window())
      expect(events.rooms).toBeGreaterThan(rooms)
      expect([carrier.room, carrier.inFlight]).toEqual([window(), 0])
    })

    test('tells one end for a message of several segments, with an id for each that was handed over', async () => {
      submit(7, joined)
      await events.until('ended', () => events.outcomes.length > 0)
      expect(peer.received).toBe(3)
      const [{ ref, outcome } = { ref: 0, outcome: undefined }] = events.outcomes
      expect(ref).toBe(7)
      expect(new Set(outcome?.messageIds).size).toBe(ids(3))
    })

    test('takes a message of more segments than the window has places', async () => {
      await events.until('all binds', () => carrier.room === window())
      peer.hold()
      submitAll(0, window() - 1)
      submit(900, joined)
      expect([carrier.room, carrier.inFlight]).toEqual([0, window() + 2])
      peer.resume()
      await events.until('all ended', () => events.outcomes.length === window())
      expect(peer.received).toBe(window() + 2)
    })

    test('finishes what is in the window when it is closed, and may be closed twice', async () => {
      submitAll(0, 5)
      submit(5, joined)
      await Promise.all([
        carrier.close(AbortSignal.timeout(5_000)),
        carrier.close(AbortSignal.timeout(5_000)),
      ])
      expect(events.outcomes.filter(({ outcome }) => !isSubmitError(outcome)).length).toBe(6)
      expect([carrier.room, carrier.inFlight]).toEqual([0, 0])
      await carrier.close(AbortSignal.timeout(1_000))
    })

    test('ends what is left as uncertain when closing has to stop', async () => {
      peer.hold()
      submitAll(0, 3)
      await peer.until('all came', () => peer.received === 3)
      await carrier.close(AbortSignal.timeout(50))
      expect(events.outcomes.length).toBe(3)
      for (const { outcome } of events.outcomes) {
        expect(outcome).toEqual({ kind: 'uncertain', reason: 'link_lost', messageIds: [] })
      }
    })

    test('ends what was in flight on a lost link as uncertain, and comes back by itself', async () => {
      await events.until('all binds', () => carrier.room === window())
      peer.hold()
      submitAll(0, 4)
      await peer.until('all came', () => peer.received === 4)
      peer.dropLinks()
      await events.until('all ended', () => events.outcomes.length === 4)
      for (const { outcome } of events.outcomes) {
        expect(outcome).toMatchObject({ kind: 'uncertain', reason: 'link_lost' })
      }
      peer.resume()
      await events.until('back', () => carrier.room > 0)
      submit(4)
      await events.until('taken', () => events.outcomes.length === 5)
      expect(isSubmitError(events.outcomes[4]!.outcome)).toBe(false)
    })

    test('says elsewhere to what is handed over without room, not before submit returns', async () => {
      await carrier.close(AbortSignal.timeout(1_000))
      submit(1)
      expect(events.outcomes).toEqual([])
      await events.until('refused', () => events.outcomes.length === 1)
      expect(events.outcomes[0]).toEqual({
        ref: 1,
        outcome: { kind: 'elsewhere', reason: 'unbound', messageIds: [] },
      })
    })

    test('hands nothing over that has expired', async () => {
      carrier.submit({ to: '+15550000001', text, expiresAt: Date.now() - 1 }, 1)
      await events.until('refused', () => events.outcomes.length === 1)
      expect(events.outcomes[0]!.outcome).toMatchObject({ kind: 'expired', reason: 'expired' })
      expect(peer.received).toBe(0)
    })

    test('lets the segments of a message go as they are released', async () => {
      carrier.submit({ to: '+15550000001', text: joined, expiresAt }, 1, 1)
      await peer.until('the first came', () => peer.received === left(1))
      submit(2)
      await events.until('one that is whole passes', () => events.outcomes.length === 1)
      expect(peer.received).toBe(left(1) + 1)
      expect(carrier.release(1)).toBe(1)
      await peer.until('the second came', () => peer.received === left(2) + 1)
      expect(events.outcomes.map(({ ref }) => ref)).toEqual([2])
      // There are no more than three.
      expect(carrier.release(5)).toBe(1)
      await events.until('ended', () => events.outcomes.length === 2)
      expect(peer.received).toBe(4)
      expect(events.outcomes[1]!.outcome.messageIds).toHaveLength(ids(3))
      expect(carrier.release(1)).toBe(0)
    })

    test('keeps back what was not released, and says so when the rest has its answers', async () => {
      carrier.submit({ to: '+15550000001', text: joined, expiresAt }, 1, 2)
      await peer.until('two came', () => peer.received === left(2))
      carrier.keepBack()
      await events.until('ended', () => events.outcomes.length === 1)
      expect(events.outcomes[0]!.outcome).toMatchObject({ kind: 'kept-back' })
      expect(events.outcomes[0]!.outcome.messageIds).toHaveLength(left(2))
      expect([carrier.release(1), carrier.inFlight]).toEqual([0, 0])
      submit(2)
      await events.until('the next is taken', () => events.outcomes.length === 2)
      expect(peer.received).toBe(left(2) + 1)
    })

    test('may be closed while segments wait to be released', async () => {
      carrier.submit({ to: '+15550000001', text: joined, expiresAt }, 1, 1)
      await peer.until('the first came', () => peer.received === left(1))
      await carrier.close(AbortSignal.timeout(5_000))
      expect(events.outcomes).toMatchObject([{ ref: 1, outcome: { kind: 'kept-back' } }])
    })

    test('may be opened again after it was closed', async () => {
      await carrier.close(AbortSignal.timeout(1_000))
      await carrier.open(events, AbortSignal.timeout(5_000))
      submit(1)
      await events.until('taken', () => events.outcomes.length === 1)
      expect(isSubmitError(events.outcomes[0]!.outcome)).toBe(false)
    })
  })
}
