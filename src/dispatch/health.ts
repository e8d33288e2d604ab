/**
 * How a carrier fares, judged by what becomes of its messages, and how much of its work it may be given.
 *
 *     well ──falls──▶ resting ──▶ probing ──▶ 1/64 ──▶ 1/16 ──▶ 1/4 ──▶ well
 *              ▲          ▲           │          │        │       │
 *              └──────────┴───────────┴── wrong ─┴────────┴───────┘
 *
 * **Evidence.** A message goes wrong where it is refused, gets no answer, or an answer that is slow. What the last
 * seconds' messages say is the carrier's *trouble*, the share that went wrong; failed receipts count the same, over
 * a longer while. Being asked to slow down is no trouble, and neither is a lost link: pace and bind see to these.
 *
 * **Falling.** Trouble may be the phones' or the texts', or everybody's, so a carrier falls by comparison: where
 * another that is well has clearly less. One that refuses message after message for reasons of its own falls
 * whoever else there is, for a recipient has but a few tries; but so many in a row as say that it is worse than
 * the others.
 *
 * **Coming back.** It rests, twice as long after each fall. Then a single message tries, or as many as it takes to
 * tell it from the others where these are in trouble too; if one goes well it gets a part of its work (three
 * messages at least), and a larger one after each second in which that goes well. Steps are for as long as another
 * carries the rest: one that fell by comparison goes on at once where the others turn out no better, and one whose
 * single message went well has all of it where nobody else is well. So where all are bad they carry on as they
 * are, and nothing goes to and fro.
 *
 * Times are milliseconds on the monotonic clock.
 */

/** A response that took longer than this went wrong. */
export const SLOW_MS = 3_000
/**
 * Without a response for this long, a message has told all that it had to tell of the carrier: by then it has
 * counted as wrong for seconds, and may be hoped for a good while longer.
 */
export const STALE_MS = 10_000
/** Evidence is of the last one to two of these spans. */
const SPAN_MS = { answers: 1_500, receipts: 15_000 }
/** Fewer say nothing; of a slow account's answers those of a second and a half do. */
const ENOUGH = { answers: 10, receipts: 50, onStep: 3 }
/** So much trouble, and so much more than another's, makes a carrier fall. */
const CLEARLY = 0.3
/**
 * So many refusals in a row, and as many as in this part of a second, make it fall whoever else there is. Fewer
 * come together by chance: one that refuses three of four has twenty in a row every 300 messages.
 */
const IN_A_ROW = { least: 40, seconds: 0.1 }
/**
 * How often a carrier that is no worse than the others may show what would speak against it, by chance: a run of
 * refusals, which each of some hundred messages a second may begin, and all of its tries or of a step's messages.
 */
const BY_CHANCE = { run: 1e-9, tries: 0.001 }
/** A few messages differ by chance: by more than so many standard deviations one time in two thousand. */
const SPREADS = 3.3
/** Others that fare worse than this tell nothing more. */
const WORST_OTHERS = 0.9
const REST_MS = { first: 1_000, most: 8_000, misconfigured: 30_000 }
/** A carrier that is well for this long has its falls forgiven. */
const FORGIVEN_MS = 60_000
const STEPS = [1 / 64, 1 / 16, 1 / 4] as const
const STEP_MS = 1_000

/** What went wrong with a message that was not taken in time. */
export type Wrong =
  /** It can't, for reasons of its own. */
  | 'refused'
  /** It will not have this message. */
  | 'rejected'
  | 'unanswered'

export interface Surroundings {
  /** Messages that have waited for an answer longer than `SLOW_MS`, but not longer than `STALE_MS`. */
  readonly overdue: number
  /** The least trouble of another carrier that is well and takes the same numbers; undefined: there is none. */
  readonly others: number | undefined
}

/** What went wrong, of 1, and of how many messages that is. */
interface Share {
  readonly wrong: number
  readonly of: number
}

type Place =
  | { readonly is: 'well'; readonly since: number }
  | { readonly is: 'resting'; readonly until: number }
  | { readonly is: 'probing' }
  | { readonly is: 'step'; readonly no: number; readonly since: number }

export class Health {
  readonly #rate: number
  readonly #enough: number
  readonly #leastInARow: number
  readonly #answers = new Evidence(SPAN_MS.answers)
  readonly #receipts = new Evidence(SPAN_MS.receipts)
  #place: Place = { is: 'well', since: -Infinity }
  #falls = 0
  /** It fell for itself, not by comparison. */
  #isAbsolute = false
  #refusalsInARow = 0
  #answersWrong: Share = { wrong: 0, of: Infinity }
  #receiptsFailed: Share = { wrong: 0, of: Infinity }
  /** Of the others, as it was last asked. */
  #others = 0
  /** Since the present place was taken: messages let go, and how they ended. */
  #let = 0
  #right = 0
  #wrong = 0

  /** @param rate segments a second, of which the steps are parts */
  constructor(rate: number) {
    this.#rate = rate
    this.#leastInARow = Math.max(IN_A_ROW.least, rate * IN_A_ROW.seconds)
    this.#enough = Math.max(ENOUGH.onStep, Math.min(ENOUGH.answers, Math.floor(rate * 1.5)))
  }

  /** The share of the last seconds' messages that went wrong, 0 … 1; as it was last known. */
  get trouble(): number {
    return this.#worst.wrong
  }

  /** How much of its work it may be given: 1 well, 0 resting. */
  get share(): number {
    const place = this.#place
    switch (place.is) {
      case 'well':
        return 1
      case 'resting':
        return 0
      case 'probing':
        return STEPS[0]
      case 'step':
        return STEPS[place.no]!
    }
  }

  /** Nothing at all may be sent by it, also where nobody else would: it would only spend recipients' tries. */
  get isOut(): boolean {
    return this.#isAbsolute && this.#place.is === 'resting'
  }

  /** Even where nobody else takes a class, it is let go one message, or few, until it is known to work. */
  get isDoubtful(): boolean {
    return this.#isAbsolute && this.#place.is !== 'well'
  }

  /** How many more messages may be let go now. */
  allowance(now: number): number {
    const place = this.#place
    switch (place.is) {
      case 'well':
        return Infinity
      case 'resting':
        return 0
      case 'probing':
        return this.#tries - this.#let
      case 'step': {
        const soFar = ((now - place.since) / 1000) * this.#rate * STEPS[place.no]!
        return Math.max(0, Math.floor(this.#enoughOnStep + soFar) - this.#let)
      }
    }
  }

  /** So many were let go. */
  letGo(messages: number): void {
    this.#let += messages
  }

  taken(latencyMs: number): void {
    this.#refusalsInARow = 0
    if (latencyMs <= SLOW_MS) {
      this.#right++
      this.#answers.right++
    } else this.#wentWrong()
  }

  failed(how: Wrong): void {
    if (how === 'refused') this.#refusalsInARow++
    this.#wentWrong()
  }

  receipt(isDelivered: boolean): void {
    if (isDelivered) this.#receipts.right++
    else this.#receipts.wrong++
  }

  /** Its account is refused as misconfigured: nothing gets through until somebody mends it. */
  misconfigured(now: number): void {
    this.#isAbsolute = true
    this.#go({ is: 'resting', until: now + REST_MS.misconfigured })
  }

  /**
   * Judges what is known by now. Asked several times a second.
   *
   * @returns whether its share has changed
   */
  look(now: number, { overdue, others }: Surroundings): boolean {
    const before = this.#place
    this.#others = others ?? 0
    this.#weigh(now, overdue)
    switch (before.is) {
      case 'well':
        if (this.#refusesAll) this.#fall(now, 'absolute')
        else if (others !== undefined && this.#isWorse(this.#worst, others)) {
          this.#fall(now, 'compared')
        } else if (now - before.since > FORGIVEN_MS) this.#falls = 0
        break
      case 'resting':
        // The comparison by which it fell no longer holds: the others fare as badly, or there are none.
        if (!this.#isAbsolute && (others ?? 1) >= this.trouble) this.#recover(now)
        else if (now >= before.until) this.#go({ is: 'probing' })
        break
      case 'probing':
        if (this.#right === 0 && this.#wrong + overdue >= this.#tries) this.#fall(now, 'as before')
        else if (others === undefined && (this.#right > 0 || !this.#isAbsolute)) this.#recover(now)
        // What has tried counts with the first step's messages.
        else if (this.#right > 0) this.#place = { is: 'step', no: 0, since: now }
        break
      case 'step':
        this.#climb(before, now, { overdue, others })
    }
    return this.#place !== before
  }

  #climb({ no, since }: Place & { is: 'step' }, now: number, around: Surroundings): void {
    const { overdue, others } = around
    const wrong = this.#wrong + overdue
    const all = this.#right + wrong
    if (others === undefined) this.#recover(now)
    else if (this.#refusesAll) this.#fall(now, 'absolute')
    else if (all >= this.#enoughOnStep && this.#isWorse({ wrong: wrong / all, of: all }, others))
      this.#fall(now, 'as before')
    else if (now - since < STEP_MS || all < this.#enoughOnStep) return
    else if (no + 1 === STEPS.length) {
      this.#answersWrong = { wrong: wrong / all, of: all }
      this.#recover(now)
    } else this.#go({ is: 'step', no: no + 1, since: now })
  }

  /** It has refused so many in a row as none of the others would. */
  get #refusesAll(): boolean {
    const telling = runOfWrong(this.#others, BY_CHANCE.run)
    return this.#refusalsInARow >= Math.max(this.#leastInARow, telling)
  }

  /** Messages that it takes, where all go wrong, to say that it is worse than the others. */
  get #tries(): number {
    return Math.max(1, runOfWrong(this.#others, BY_CHANCE.tries))
  }

  get #enoughOnStep(): number {
    return Math.max(ENOUGH.onStep, this.#tries)
  }

  get #worst(): Share {
    const [answers, receipts] = [this.#answersWrong, this.#receiptsFailed]
    return receipts.wrong > answers.wrong ? receipts : answers
  }

  /** The fewer messages say so, the more it takes. */
  #isWorse({ wrong, of }: Share, others: number): boolean {
    const spread = Math.sqrt((others * (1 - others)) / of)
    return wrong - others >= Math.max(CLEARLY, spread * SPREADS)
  }

  #weigh(now: number, overdue: number): void {
    this.#answers.turn(now)
    this.#receipts.turn(now)
    const answers = this.#answers.share(this.#enough, overdue)
    const receipts = this.#receipts.share(ENOUGH.receipts, 0)
    // Each as it was last known: receipts go on coming while a carrier rests, and say nothing of its answers.
    if (answers !== undefined) this.#answersWrong = answers
    if (receipts !== undefined) this.#receiptsFailed = receipts
  }

  #wentWrong(): void {
    this.#wrong++
    this.#answers.wrong++
  }

  #fall(now: number, why: 'absolute' | 'compared' | 'as before'): void {
    if (why !== 'as before') this.#isAbsolute = why === 'absolute'
    const rest = Math.min(REST_MS.most, REST_MS.first * 2 ** this.#falls)
    this.#falls++
    this.#go({ is: 'resting', until: now + rest })
  }

  #recover(now: number): void {
    this.#isAbsolute = false
    this.#go({ is: 'well', since: now })
  }

  #go(place: Place): void {
    this.#place = place
    this.#let = 0
    this.#right = 0
    this.#wrong = 0
    this.#refusalsInARow = 0
  }
}

/** So many wrong in a row come less often than by `chance` where each goes wrong with `trouble`. */
function runOfWrong(trouble: number, chance: number): number {
  return trouble <= 0 ? 0 : Math.ceil(Math.log(chance) / Math.log(Math.min(trouble, WORST_OTHERS)))
}

/** How messages ended, of this span of time and the one before. */
class Evidence {
  right = 0
  wrong = 0
  readonly #spanMs: number
  #since: number | undefined
  #rightBefore = 0
  #wrongBefore = 0

  constructor(spanMs: number) {
    this.#spanMs = spanMs
  }

  turn(now: number): void {
    this.#since ??= now
    const age = now - this.#since
    if (age < this.#spanMs) return
    const isNext = age < 2 * this.#spanMs
    this.#rightBefore = isNext ? this.right : 0
    this.#wrongBefore = isNext ? this.wrong : 0
    this.right = 0
    this.wrong = 0
    this.#since = now
  }

  /** What went wrong, of at least `enough`; undefined where there are fewer. */
  share(enough: number, more: number): Share | undefined {
    const wrong = this.wrong + this.#wrongBefore + more
    const all = this.right + this.#rightBefore + wrong
    return all < enough ? undefined : { wrong: wrong / all, of: all }
  }
}
