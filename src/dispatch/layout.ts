/** Laying out: recipients, as they come, become blocks and the ranges by which they are leased at first. */
import type { AudienceSink, ReachedAlike } from '../audience/recipients.ts'
import type { AlertContent } from '../cap/content.ts'
import { chooseText } from '../cap/texts.ts'
import type { CarrierConfig } from '../carriers/carrier.ts'
import { routePrefixes, servesClass } from '../carriers/routes.ts'
import { carries, classIn, trafficOf } from '../carriers/traffic.ts'
import { asMeasured } from '../encoding/recipient-link.ts'
import { measureText } from '../encoding/segments.ts'
import { AppError } from '../errors.ts'
import { Bin, type PackedBlock } from '../store/packing.ts'
import { beginsWith } from '../store/phone-key.ts'
import { textExpiry } from './expiry.ts'

/** Recipients a later slice: laying out more at once would keep the lanes of this process waiting for long. */
const SLICE = 5_000
/**
 * A block, and the range that it is leased by at first, is about half a second of its slowest lane's work, within
 * these bounds: what a slow lane holds when the others have run out is what the alert ends later by. An account may
 * have as many lanes as binds, one in each dispatcher.
 */
const BLOCK = { seconds: 0.5, least: 20, most: 500 }

/** Reached alike, and by another carrier than this one where there is one. */
export interface Alike extends ReachedAlike {
  readonly notCarrier?: string | undefined
}

export interface Layout extends AudienceSink {
  take(alike: Alike, octets: Buffer, idAt: number, phone: number): void
  /** Writes whatever has been taken. */
  flush(): Promise<void>
  /** Recipients taken, and laid out before. */
  readonly count: number
}

/**
 * Gathers recipients by text and route class, and writes them slice by slice.
 *
 * @param planned recipients that are laid out already
 */
export function createLayout(
  content: AlertContent,
  accounts: readonly CarrierConfig[],
  now: Date,
  planned: number,
  write: (slice: readonly PackedBlock[]) => Promise<void>,
): Layout {
  const traffic = trafficOf(content)
  const prefixes = routePrefixes(accounts.filter(account => carries(account, traffic)))
  const blockSizes = prefixes.map(prefix => blockSizeOf(classIn(traffic, prefix), accounts))
  const isIn = prefixes.map(beginsWith)
  const textOf = new Map(
    content.texts.map(text => [
      text.no,
      {
        segments: measureText(asMeasured(text.sms, content.link?.base)).segments,
        expires: textExpiry(text, now),
      },
    ]),
  )
  const binsOf = new Map<string, readonly Bin[]>()
  const binsFor = new Map<Alike, readonly Bin[]>()
  let waiting = 0
  let taken = planned

  const binsOfText = (textNo: number, notCarrier: string | undefined): readonly Bin[] => {
    const key = `${textNo} ${notCarrier ?? ''}`
    let bins = binsOf.get(key)
    if (bins === undefined) {
      bins = prefixes.map((prefix, classNo) => {
        const routeClass = classIn(traffic, prefix)
        const blockSize = blockSizes[classNo]!
        return new Bin({ routeClass, notCarrier, textNo, ...textOf.get(textNo)!, blockSize })
      })
      binsOf.set(key, bins)
    }
    return bins
  }

  const binsOfAlike = (alike: Alike): readonly Bin[] => {
    let bins = binsFor.get(alike)
    if (bins === undefined) {
      const textNo = chooseText(content, {
        areaNos: alike.areaNos,
        viaGroup: alike.groupNos.length > 0,
        language: alike.language,
      })
      bins = binsOfText(textNo, alike.notCarrier)
      binsFor.set(alike, bins)
    }
    return bins
  }

  // One slice is written while the next is gathered.
  let writing: Promise<void> = Promise.resolve()
  const writeSlice = async (which: 'whole blocks' | 'everybody') => {
    waiting = 0
    await writing
    const blocks = [...binsOf.values()].flat().flatMap(bin => bin.cut(which === 'everybody'))
    if (blocks.length === 0) return
    writing = write(blocks)
    writing.catch(() => undefined)
  }

  return {
    get count() {
      return taken
    },
    take(alike, octets, idAt, phone) {
      // Whatever was counted before: the sender stops itself rather than pass the ceiling.
      if (++taken > content.maxRecipients) {
        throw new AppError('audience_changed', 'there are more than the signed ceiling allows')
      }
      waiting++
      let classNo = 0
      // The last prefix is empty and fits everyone.
      while (!isIn[classNo]!(phone)) classNo++
      const bin = binsOfAlike(alike)[classNo]!
      bin.add(octets, idAt, phone, alike.areaNos[0] ?? -1, alike.groupNos)
    },
    drain: () => (waiting < SLICE ? undefined : writeSlice('whole blocks')),
    async flush() {
      await writeSlice('everybody')
      await writing
    },
  }
}

function blockSizeOf(routeClass: string, accounts: readonly CarrierConfig[]): number {
  const rates = accounts
    .filter(account => servesClass(account, routeClass))
    .map(account => account.segmentsPerSecond / account.binds)
  const slowest = rates.length === 0 ? BLOCK.most : Math.min(...rates)
  return Math.min(BLOCK.most, Math.max(BLOCK.least, Math.ceil(slowest * BLOCK.seconds)))
}
