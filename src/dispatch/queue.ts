/**
 * What a lane has claimed and not handed over, in the order in which it leaves.
 *
 * Each alert has a line of its own. The most urgent line goes first, whatever was there before it; lines of equal
 * priority go in turn, so that their alerts share the lane evenly.
 *
 *     head ── marked ──┬── unmarked ──          (a line)
 *
 * The first `marked` of a line may leave: their intents are committed. What is marked and not yet recorded is the
 * lane's *exposure*: so many may go out twice if this process dies now.
 */
import { segmentsOf, type HeldRange, type Item } from './work.ts'

/** Places of items that have left, before a line is cut. */
const SPENT = 8_192

interface Line {
  readonly alertId: string
  readonly priority: number
  items: Item[]
  head: number
  marked: number
  markedSegments: number
  /** Messages that have left, counted on from where its equals stood when it joined them. */
  served: number
  /** `served` when it was last asked whether it gives way. */
  servedBefore: number
  /** Rises when items are taken out of its middle, or all: a mark that was under way marks nothing. */
  version: number
}

/** What there is of one priority. */
export interface Level {
  readonly priority: number
  readonly length: number
  readonly alerts: number
  /** Of the alert of which there is least. */
  readonly shortest: number
}

/** What of a line is about to be marked. */
interface Pick {
  readonly line: Line
  readonly version: number
  count: number
}

export interface Picked {
  readonly picks: readonly Pick[]
  readonly segments: number
}

export class Queue {
  /** The most urgent first; none of them empty. */
  #lines: Line[] = []
  #length = 0
  #marked = 0
  /** The line of the item before, nearly always that of the next as well. */
  #lastAdded: Line | undefined
  #shown: Line | undefined

  /** Marked and not yet recorded, here or at the carrier; counted by whoever marks, hands over and records. */
  exposure = 0

  get length(): number {
    return this.#length
  }

  get marked(): number {
    return this.#marked
  }

  get unmarked(): number {
    return this.#length - this.#marked
  }

  /** Of the lines as urgent as the first that has something to mark, and of those more urgent. */
  get ahead(): { readonly marked: number; readonly markedSegments: number } {
    const level = this.#lines.find(line => lengthOf(line) > line.marked)?.priority ?? Infinity
    let marked = 0
    let markedSegments = 0
    for (const line of this.#lines) {
      if (line.priority > level) break
      marked += line.marked
      markedSegments += line.markedSegments
    }
    return { marked, markedSegments }
  }

  /** The most urgent of which something may leave. */
  get firstMarked(): number | undefined {
    return this.#lines.find(line => line.marked > 0)?.priority
  }

  /** The most urgent of which something is to be marked. */
  get firstUnmarked(): number | undefined {
    return this.#lines.find(line => lengthOf(line) > line.marked)?.priority
  }

  /** How many there are of each priority, the most urgent first. */
  levels(): Level[] {
    const levels: { -readonly [K in keyof Level]: Level[K] }[] = []
    for (const line of this.#lines) {
      const { priority } = line
      const length = lengthOf(line)
      const last = levels.at(-1)
      if (last?.priority === priority) {
        last.length += length
        last.alerts++
        last.shortest = Math.min(last.shortest, length)
      } else levels.push({ priority, length, alerts: 1, shortest: length })
    }
    return levels
  }

  add(item: Item): void {
    this.#length++
    this.#lineOf(item).items.push(item)
  }

  /** The first that may leave. */
  next(): Item | undefined {
    let best: Line | undefined
    for (const line of this.#lines) {
      if (best !== undefined && line.priority > best.priority) break
      if (line.marked > 0 && (best === undefined || line.served < best.served)) best = line
    }
    this.#shown = best
    return best?.items[best.head]
  }

  /** Takes out what `next` has just shown; it stays exposed. */
  shift(segments: number): void {
    const line = this.#shown!
    this.#length--
    this.#marked--
    line.head++
    line.marked--
    line.markedSegments -= segments
    line.served++
    if (lengthOf(line) === 0) this.#drop(line)
    else if (line.head > SPENT) {
      line.items = line.items.slice(line.head)
      line.head = 0
    }
  }

  /** One that the carrier did not take goes before everything unmarked of its alert. */
  putBack(item: Item): void {
    this.exposure--
    this.#length++
    const line = this.#lineOf(item)
    line.items.splice(line.head + line.marked, 0, item)
  }

  /** Shows everything marked. */
  visitMarked(visit: (item: Item) => void): void {
    for (const line of this.#lines) {
      for (let i = 0; i < line.marked; i++) visit(line.items[line.head + i]!)
    }
  }

  /** Chooses what of one priority to mark next, up to `count` of at most `mostSegments` (or one), and shows each. */
  pick(priority: number, count: number, mostSegments: number, visit: (item: Item) => void): Picked {
    const picks: Pick[] = this.#lines
      .filter(line => line.priority === priority)
      .map(line => ({ line, version: line.version, count: 0 }))
    let segments = 0
    for (let taken = 0; taken < count; taken++) {
      const pick = nextPick(picks)
      if (pick === undefined) break
      const { line } = pick
      const item = line.items[line.head + line.marked + pick.count]!
      const more = segmentsOf(item)
      if (segments > 0 && segments + more > mostSegments) break
      segments += more
      pick.count++
      visit(item)
    }
    return { picks: picks.filter(pick => pick.count > 0), segments }
  }

  /** What was picked may leave. */
  mark({ picks }: Picked): void {
    for (const { line, version, count } of picks) {
      if (line.version !== version) continue
      const from = line.head + line.marked
      for (let i = from; i < from + count; i++) line.markedSegments += segmentsOf(line.items[i]!)
      line.marked += count
      this.#marked += count
      this.exposure += count
    }
  }

  /**
   * Empties the lines of which nothing has left since this was asked before, for there is more urgent work.
   *
   * @returns their ranges, to be given back
   */
  giveWay(): Set<HeldRange> {
    const first = this.#lines[0]?.priority
    const ranges = new Set<HeldRange>()
    for (const line of this.#lines.slice()) {
      const waits = line.priority !== first && line.served === line.servedBefore
      line.servedBefore = line.served
      if (!waits) continue
      for (let i = line.head; i < line.items.length; i++) ranges.add(line.items[i]!.range)
      this.#empty(line)
    }
    return ranges
  }

  /**
   * Takes out what waits of some ranges.
   *
   * @returns those of which something waited, to be given back
   */
  takeOut(which: (range: HeldRange) => boolean): Set<HeldRange> {
    const ranges = new Set<HeldRange>()
    for (const line of this.#lines.slice()) {
      const kept: Item[] = []
      let marked = 0
      let markedSegments = 0
      for (let i = line.head; i < line.items.length; i++) {
        const item = line.items[i]!
        if (which(item.range)) {
          ranges.add(item.range)
          continue
        }
        kept.push(item)
        if (i >= line.head + line.marked) continue
        marked++
        markedSegments += segmentsOf(item)
      }
      if (kept.length === lengthOf(line)) continue
      if (kept.length === 0) {
        this.#empty(line)
        continue
      }
      this.exposure -= line.marked - marked
      this.#marked -= line.marked - marked
      this.#length -= lengthOf(line) - kept.length
      Object.assign(line, { items: kept, head: 0, marked, markedSegments })
      line.version++
    }
    return ranges
  }

  clear(): void {
    for (const line of this.#lines.slice()) this.#empty(line)
  }

  #lineOf({ range: { alert } }: Item): Line {
    const last = this.#lastAdded
    if (last?.alertId === alert.id) return last
    const known = this.#lines.find(line => line.alertId === alert.id)
    return (this.#lastAdded = known ?? this.#join(alert.id, alert.priority))
  }

  #join(alertId: string, priority: number): Line {
    const equals = this.#lines.filter(line => line.priority === priority)
    const served = equals.length === 0 ? 0 : Math.min(...equals.map(line => line.served))
    const line: Line = {
      alertId,
      priority,
      items: [],
      head: 0,
      marked: 0,
      markedSegments: 0,
      served,
      servedBefore: -1,
      version: 0,
    }
    const place = this.#lines.findIndex(other => other.priority > priority)
    this.#lines.splice(place < 0 ? this.#lines.length : place, 0, line)
    return line
  }

  #empty(line: Line): void {
    this.exposure -= line.marked
    this.#marked -= line.marked
    this.#length -= lengthOf(line)
    this.#drop(line)
  }

  /** A line that is over is held on to by nothing here: its items are of ranges, and these hold phones. */
  #drop(line: Line): void {
    if (this.#lastAdded === line) this.#lastAdded = undefined
    if (this.#shown === line) this.#shown = undefined
    line.version++
    this.#lines.splice(this.#lines.indexOf(line), 1)
  }
}

const lengthOf = (line: Line): number => line.items.length - line.head

/** Of equal lines with something left, the one that would be served next. */
function nextPick(picks: readonly Pick[]): Pick | undefined {
  let best: Pick | undefined
  let turn = 0
  for (const pick of picks) {
    const { line, count } = pick
    if (line.marked + count === lengthOf(line)) continue
    const itsTurn = line.served + line.marked + count
    if (best === undefined || itsTurn < turn) {
      best = pick
      turn = itsTurn
    }
  }
  return best
}
