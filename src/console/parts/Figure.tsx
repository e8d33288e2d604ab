import type { ComponentChildren } from 'preact'

/** More characters than a narrow column has room for at full size: a million and up. */
const LONG = 8
/** Letters are wider than digits. */
const WORD = /\p{L}{6}/u

/** A number that matters, and what it is. */
export function Figure({
  value,
  kind,
  children,
}: {
  value: string
  kind?: 'delivered' | 'failed' | 'help' | undefined
  children: ComponentChildren
}) {
  return (
    <div
      class="figure"
      data-kind={kind}
      data-long={value.length > LONG || WORD.test(value) || undefined}
    >
      <strong>{value}</strong>
      <span>{children}</span>
    </div>
  )
}
