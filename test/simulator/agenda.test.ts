import { expect, onTestFinished, test } from 'vitest'
import { Agenda } from '../../src/simulator/agenda.ts'
import { fc } from '../support/property.ts'

/** What came due, in order, once `count` did. */
function collect(count: number, plan: (agenda: Agenda) => void): Promise<number[]> {
  return new Promise(resolve => {
    const came: number[] = []
    const agenda = new Agenda((_kind, a) => {
      came.push(a)
      if (came.length === count) resolve(came)
    })
    onTestFinished(() => agenda.close())
    plan(agenda)
  })
}

test('brings events in the order of their time, and of their entry at the same time', async () => {
  const came = await collect(4, agenda => {
    agenda.add(30, 0, 3, 0, 0)
    agenda.add(5, 0, 1, 0, 0)
    agenda.add(15, 0, 2, 0, 0)
    agenda.add(0, 0, 0, 0, 0)
  })
  expect(came).toEqual([0, 1, 2, 3])
})

test('an event may add others', async () => {
  const came = await new Promise<number[]>(resolve => {
    const seen: number[] = []
    const agenda = new Agenda((_kind, a) => {
      seen.push(a)
      if (a < 3) agenda.add(1, 0, a + 1, 0, 0)
      else resolve(seen)
    })
    agenda.add(1, 0, 1, 0, 0)
  })
  expect(came).toEqual([1, 2, 3])
})

test('whatever the delays, each event comes once, none early, those of one delay in turn', async () => {
  const delays = fc.array(fc.integer({ min: 0, max: 8 }), { minLength: 1, maxLength: 3_000 })
  await fc.assert(
    fc.asyncProperty(delays, async all => {
      const added: number[] = []
      const came: number[] = []
      await new Promise<void>(resolve => {
        const agenda = new Agenda((_kind, event) => {
          if (performance.now() >= added[event]! + all[event]!) came.push(event)
          if (agenda.size === 0) resolve()
        })
        for (const [event, delay] of all.entries()) {
          added.push(performance.now())
          agenda.add(delay, 0, event, 0, 0)
        }
      })
      expect(came).toHaveLength(all.length)
      expect(new Set(came).size).toBe(all.length)
      for (const delay of new Set(all)) {
        const turn = came.filter(event => all[event] === delay)
        expect(turn).toEqual(turn.toSorted((a, b) => a - b))
      }
    }),
    { numRuns: 20 },
  )
})

test('a closed agenda brings nothing more', async () => {
  const came: number[] = []
  const agenda = new Agenda((_kind, a) => came.push(a))
  agenda.add(1, 0, 1, 0, 0)
  agenda.close()
  await new Promise(resolve => setTimeout(resolve, 20))
  expect(came).toEqual([])
})
