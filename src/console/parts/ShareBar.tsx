import type { ComponentChildren } from 'preact'

/** A part of a whole, as long as it is large, and the number beside it. */
export function ShareBar({
  part,
  whole,
  children,
}: {
  part: number
  whole: number
  children: ComponentChildren
}) {
  const share = whole === 0 ? 0 : Math.min(1, part / whole)
  return (
    <span class="share">
      <span class="share-bar" aria-hidden="true">
        <span style={{ inlineSize: `${(share * 100).toFixed(1)}%` }} />
      </span>{' '}
      <span class="share-number">{children}</span>
    </span>
  )
}
