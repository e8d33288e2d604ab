/** What is to happen, as numbers: an event's kind and what it is about. */
export type OnDue = (kind: number, a: number, b: number, c: number) => void

/**
 * Everything that falls due later: one heap of numbers and one timer, for a million receipts and answers may
 * wait at a time. Events that are due at the same moment come in the order they were added.
 */
export class Agenda {
  readonly #onDue: OnDue
  #size = 0
  #added = 0
  #due = new Float64Array(1024)
  #order = new Float64Array(1024)
  /** Where in `#what` an event lies: the heap moves this, not the event. */
  #slot = new Int32Array(1024)
  #what = new Float64Array(1024 * 4)
  readonly #freeSlots: number[] = []
  #slots = 0
  #timer: NodeJS.Timeout | undefined
  #timerDue = Infinity
  #isRunning = false

  constructor(onDue: OnDue) {
    this.#onDue = onDue
  }

  /** How many events are still to come. */
  get size(): number {
    return this.#size
  }

  /** `delayMs` from now, as `performance.now()` counts. */
  add(delayMs: number, kind: number, a: number, b: number, c: number): void {
    if (this.#size === this.#due.length) this.#grow()
    const due = performance.now() + delayMs
    let at = this.#size++
    const order = this.#added++
    const slot = this.#freeSlots.pop() ?? this.#slots++
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (this.#due[parent]! <= due) break
      this.#move(parent, at)
      at = parent
    }
    this.#due[at] = due
    this.#order[at] = order
    this.#slot[at] = slot
    this.#what[slot * 4] = kind
    this.#what[slot * 4 + 1] = a
    this.#what[slot * 4 + 2] = b
    this.#what[slot * 4 + 3] = c
    if (due < this.#timerDue && !this.#isRunning) this.#arm()
  }

  /** Forgets everything. */
  close(): void {
    clearTimeout(this.#timer)
    this.#size = 0
    this.#timerDue = Infinity
  }

  #arm(): void {
    clearTimeout(this.#timer)
    this.#timerDue = this.#size === 0 ? Infinity : this.#due[0]!
    if (this.#size === 0) return
    const wait = Math.max(1, Math.ceil(this.#timerDue - performance.now()))
    this.#timer = setTimeout(() => this.#run(), wait)
  }

  #run(): void {
    const now = performance.now()
    this.#isRunning = true
    while (this.#size > 0 && this.#due[0]! <= now) {
      const slot = this.#slot[0]!
      const at = slot * 4
      this.#removeFirst()
      this.#freeSlots.push(slot)
      const what = this.#what
      this.#onDue(what[at]!, what[at + 1]!, what[at + 2]!, what[at + 3]!)
    }
    this.#isRunning = false
    this.#arm()
  }

  #removeFirst(): void {
    const last = --this.#size
    const due = this.#due[last]!
    const order = this.#order[last]!
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      if (child >= last) break
      if (child + 1 < last && this.#isBefore(child + 1, this.#due[child]!, this.#order[child]!))
        child++
      if (!this.#isBefore(child, due, order)) break
      this.#move(child, at)
      at = child
    }
    this.#move(last, at)
  }

  #isBefore(at: number, due: number, order: number): boolean {
    const earlier = this.#due[at]! - due
    return earlier < 0 || (earlier === 0 && this.#order[at]! < order)
  }

  #move(from: number, to: number): void {
    this.#due[to] = this.#due[from]!
    this.#order[to] = this.#order[from]!
    this.#slot[to] = this.#slot[from]!
  }

  #grow(): void {
    const size = this.#due.length * 2
    const larger = (old: Float64Array, length: number) => {
      const column = new Float64Array(length)
      column.set(old)
      return column
    }
    const slots = new Int32Array(size)
    slots.set(this.#slot)
    this.#slot = slots
    this.#due = larger(this.#due, size)
    this.#order = larger(this.#order, size)
    this.#what = larger(this.#what, size * 4)
  }
}
