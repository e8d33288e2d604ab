import { encodeForLink } from '../encoding/link-text.ts'
import type { EncodedText } from '../encoding/segments.ts'
import type { CarrierConfig } from './carrier.ts'
import { USUAL_DIALECT } from './smpp/dialect.ts'

/**
 * How many segments a text takes on this account: what its rate counts. As many as were approved, but where the
 * link's alphabet or its headers leave less room in a segment.
 *
 * @throws AppError `text_too_long` where that is more than a message joins
 */
export function segmentsOn({ smpp }: Pick<CarrierConfig, 'smpp'>): (text: EncodedText) => number {
  const known = new WeakMap<EncodedText, number>()
  return text => {
    if (smpp === undefined) return text.segments.length
    let segments = known.get(text)
    if (segments === undefined) {
      segments = encodeForLink(text.text, (smpp.dialect ?? USUAL_DIALECT).coding).segments
      known.set(text, segments)
    }
    return segments
  }
}
