import { expect, test } from 'vitest'
import { createPressing } from '../../src/dispatch/pressing.ts'

/** Turns of a lane, each with so many slots used and so many that lapsed before it. */
function afterTurns(turns: number, each: { taken: number; lapsed: number; isWaiting: boolean }) {
  const spent = { taken: 0, lapsed: 0 }
  const pressing = createPressing(spent)
  const go = (more: number, { taken, lapsed, isWaiting }: typeof each) => {
    for (let turn = 0; turn < more; turn++) {
      spent.taken += taken
      spent.lapsed += lapsed
      pressing.look(isWaiting)
    }
    return pressing.isPressing
  }
  return { isPressing: go(turns, each), go }
}

test('a lane presses until it is known to wait for its windows', () => {
  expect(afterTurns(0, { taken: 0, lapsed: 0, isWaiting: false }).isPressing).toBe(true)
  expect(afterTurns(100, { taken: 4, lapsed: 0, isWaiting: true }).isPressing).toBe(true)
  expect(afterTurns(100, { taken: 4, lapsed: 1, isWaiting: true }).isPressing).toBe(true)
  expect(afterTurns(100, { taken: 2, lapsed: 1, isWaiting: true }).isPressing).toBe(false)
})

test('slots that this process was too late for say nothing of the windows', () => {
  expect(afterTurns(100, { taken: 1, lapsed: 9, isWaiting: false }).isPressing).toBe(true)
})

test('a window that has opened is soon known to be open', () => {
  const lane = afterTurns(1_000, { taken: 1, lapsed: 9, isWaiting: true })
  expect(lane.isPressing).toBe(false)
  expect(lane.go(400, { taken: 1, lapsed: 0, isWaiting: false })).toBe(true)
})
