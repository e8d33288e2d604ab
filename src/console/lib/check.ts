import type { ComponentChildren } from 'preact'

/** One thing that was looked at, and how it was found. */
export interface Check {
  readonly kind: 'ok' | 'warn' | 'error'
  readonly text: ComponentChildren
}
