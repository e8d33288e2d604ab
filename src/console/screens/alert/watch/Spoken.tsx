import { useEffect, useRef, useState } from 'preact/hooks'
import { count, percent, words } from '../../../lib/i18n.ts'
import type { Figures } from '../../../lib/stream.ts'
import { sentOf } from './useLive.ts'

const EVERY_MS = 30_000
const MARKS = [0.5, 0.9, 1]

/** For a screen reader: one sentence each half a minute and at 50, 90 and 100 %, and not every number that changes. */
export function Spoken({ figures }: { figures: Figures }) {
  const { watching } = words()
  const [said, setSaid] = useState('')
  const latest = useRef(figures)
  latest.current = figures
  const sentence = () => {
    const { progress, tally } = latest.current
    const { recipients, delivered, failed } = progress
    return watching.spoken(
      count(sentOf(progress)),
      count(recipients),
      count(delivered),
      count(failed),
      count(tally.requests.open + tally.requests.taken),
    )
  }
  const share = sentOf(figures.progress) / Math.max(1, figures.progress.recipients)
  const passed = MARKS.filter(mark => share >= mark).length
  const isGoing = figures.progress.state === 'sending'
  useEffect(() => {
    if (passed > 0) setSaid(`${watching.spokenShare(percent(share, 1))} ${sentence()}`)
  }, [passed])
  useEffect(() => {
    if (!isGoing) return
    const timer = setInterval(() => setSaid(sentence()), EVERY_MS)
    return () => clearInterval(timer)
  }, [isGoing])
  return (
    <p class="visually-hidden" role="status">
      {said}
    </p>
  )
}
