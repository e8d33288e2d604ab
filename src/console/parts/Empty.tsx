import type { ComponentChildren } from 'preact'

/** Nothing here yet: one sentence, and the one next step. */
export function Empty({
  children,
  action,
}: {
  children: ComponentChildren
  action?: ComponentChildren
}) {
  return (
    <div class="empty">
      <p>{children}</p>
      {action}
    </div>
  )
}
