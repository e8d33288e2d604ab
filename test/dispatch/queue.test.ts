import { expect, test } from 'vitest'
import { Queue } from '../../src/dispatch/queue.ts'
import { segmentsOf } from '../../src/dispatch/work.ts'
import { aRange, itemsOf } from './items.ts'
import { fc } from '../support/property.ts'

const filled = (...ranges: [name: string, priority: number, count: number][]) => {
  const queue = new Queue()
  for (const [name, priority, count] of ranges) {
    for (const item of itemsOf(aRange(name, priority), count)) queue.add(item)
  }
  return queue
}

const mark = (queue: Queue, count: number, mostSegments = Infinity) =>
  queue.mark(queue.pick(queue.firstUnmarked ?? 0, count, mostSegments, () => undefined))

/** Hands over up to `count`. @returns whose messages left, in order */
function send(queue: Queue, count = Infinity): string[] {
  const left: string[] = []
  while (left.length < count) {
    const item = queue.next()
    if (item === undefined) break
    queue.shift(segmentsOf(item))
    left.push(item.range.alert.id)
  }
  return left
}

const howMany = (left: readonly string[], name: string) => left.filter(id => id === name).length

test('nothing leaves that is not marked', () => {
  const queue = filled(['flood', 1, 10])
  expect(queue.next()).toBeUndefined()
  mark(queue, 3)
  expect(send(queue)).toHaveLength(3)
  expect([queue.length, queue.marked, queue.exposure]).toEqual([7, 0, 3])
})

test('what is more urgent goes before what was there and marked', () => {
  const queue = filled(['minor', 4, 100])
  mark(queue, 50)
  send(queue, 10)
  for (const item of itemsOf(aRange('extreme', 1), 20)) queue.add(item)
  // Only what goes before counts against what may be marked: the others wait.
  expect(queue.ahead).toEqual({ marked: 0, markedSegments: 0 })
  mark(queue, 20)
  expect(send(queue, 25)).toEqual([...Array(20).fill('extreme'), ...Array(5).fill('minor')])
})

test('equals take turns, and one that joins later overtakes nobody', () => {
  const queue = filled(['first', 2, 1_000], ['second', 2, 1_000])
  mark(queue, 500)
  const left = send(queue, 201)
  expect(Math.abs(howMany(left, 'first') - howMany(left, 'second'))).toBe(1)
  for (const item of itemsOf(aRange('third', 2), 1_000)) queue.add(item)
  mark(queue, 600)
  const later = send(queue, 300)
  for (const name of ['first', 'second', 'third']) {
    expect(howMany(later, name)).toBeGreaterThanOrEqual(99)
  }
})

test('what the carrier did not take goes first of its alert, and is exposed again when it is marked', () => {
  const queue = filled(['flood', 1, 3])
  mark(queue, 1)
  const item = queue.next()!
  queue.shift(1)
  queue.putBack(item)
  expect([queue.length, queue.exposure]).toEqual([3, 0])
  mark(queue, 1)
  expect(queue.next()).toBe(item)
})

test('a line of which nothing leaves for two looks gives way; the most urgent never does', () => {
  const queue = filled(['extreme', 1, 10], ['minor', 4, 10], ['test', 6, 10])
  mark(queue, 30)
  expect(queue.giveWay().size).toBe(0)
  send(queue, 1)
  const ranges = [...queue.giveWay()].map(range => range.alert.id)
  expect(ranges).toEqual(['minor', 'test'])
  expect([queue.length, queue.marked, queue.exposure]).toEqual([9, 9, 10])
  queue.giveWay()
  expect(queue.giveWay().size).toBe(0)
})

test('a mark that comes back after the queue was emptied marks nothing', () => {
  const queue = filled(['flood', 1, 10])
  const picked = queue.pick(1, 5, Infinity, () => undefined)
  queue.clear()
  for (const item of itemsOf(aRange('flood', 1), 10)) queue.add(item)
  queue.mark(picked)
  expect([queue.length, queue.marked, queue.exposure]).toEqual([10, 0, 0])
})

test('one priority is marked at a time, the most urgent first', () => {
  const queue = filled(['drill', 6, 10], ['flood', 1, 5], ['fire', 1, 5])
  expect([queue.firstMarked, queue.firstUnmarked]).toEqual([undefined, 1])
  mark(queue, 20)
  expect([queue.marked, queue.firstMarked, queue.firstUnmarked]).toEqual([10, 1, 6])
  mark(queue, 20)
  expect([queue.marked, queue.firstMarked, queue.firstUnmarked]).toEqual([20, 1, undefined])
})

test('what is taken out of the middle leaves marked what was marked of the rest', () => {
  const queue = new Queue()
  const [kept, gone] = [aRange('flood', 1), aRange('flood', 1)]
  for (const range of [gone, kept, gone, kept]) {
    for (const item of itemsOf(range, 5)) queue.add(item)
  }
  mark(queue, 12)
  const picked = queue.pick(1, 8, Infinity, () => undefined)
  expect([...queue.takeOut(range => range === gone)]).toEqual([gone])
  expect([queue.length, queue.marked, queue.exposure]).toEqual([10, 5, 5])
  // Of what was about to be marked some are others by now.
  queue.mark(picked)
  expect(queue.marked).toBe(5)
})

test('a mark covers no more segments than it may, but always one message', () => {
  const queue = new Queue()
  for (const item of itemsOf(aRange('long', 1, 'x'.repeat(400)), 10)) queue.add(item)
  mark(queue, 10, 7)
  expect([queue.marked, queue.ahead.markedSegments]).toEqual([2, 6])
  send(queue)
  mark(queue, 10, 1)
  expect(queue.marked).toBe(1)
})

test('whatever is done to it, its counts are those of what is in it', () => {
  const names = ['a', 'b', 'c'] as const
  const ranges = { a: aRange('a', 1), b: aRange('b', 1, 'x'.repeat(200)), c: aRange('c', 4) }
  const step = fc.oneof(
    fc.record({ do: fc.constant('add' as const), of: fc.constantFrom(...names), n: fc.nat(20) }),
    fc.record({ do: fc.constantFrom('mark' as const, 'send' as const), n: fc.nat(20) }),
    fc.record({
      do: fc.constantFrom('back' as const, 'yield' as const, 'out' as const, 'clear' as const),
    }),
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), steps => {
      const queue = new Queue()
      let [inside, flying] = [0, 0]
      for (const one of steps) {
        switch (one.do) {
          case 'add':
            for (const item of itemsOf(ranges[one.of], one.n)) queue.add(item)
            inside += one.n
            break
          case 'mark':
            mark(queue, one.n)
            break
          case 'send': {
            const left = send(queue, one.n).length
            inside -= left
            flying += left
            break
          }
          case 'back': {
            const item = queue.next()
            if (item === undefined) break
            queue.shift(segmentsOf(item))
            queue.putBack(item)
            break
          }
          case 'yield':
            queue.giveWay()
            inside = queue.length
            break
          case 'out':
            queue.takeOut(range => range === ranges.b)
            inside = queue.length
            break
          case 'clear':
            queue.clear()
            inside = 0
        }
        expect(queue.length).toBe(inside)
        expect(queue.exposure).toBe(queue.marked + flying)
        expect(queue.levels().reduce((sum, { length }) => sum + length, 0)).toBe(inside)
        let [marked, segments] = [0, 0]
        queue.visitMarked(item => {
          marked++
          segments += segmentsOf(item)
        })
        expect(queue.marked).toBe(marked)
        if (queue.unmarked === 0) expect(queue.ahead).toEqual({ marked, markedSegments: segments })
      }
    }),
  )
})
