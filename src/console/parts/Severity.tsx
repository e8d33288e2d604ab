import { words } from '../lib/i18n.ts'
import type { Severity as SeverityWord } from '../lib/types.ts'

const SHAPES: Readonly<Record<SeverityWord, string>> = {
  Extreme: '◆',
  Severe: '▲',
  Moderate: '■',
  Minor: '●',
  Unknown: '?',
}

/** A shape and a word: the colour only helps who sees it. */
export function Severity({ of }: { of: SeverityWord }) {
  return (
    <span class="severity" data-severity={of}>
      <span aria-hidden="true">{SHAPES[of]}</span> {words().alerts.severity[of]}
    </span>
  )
}
