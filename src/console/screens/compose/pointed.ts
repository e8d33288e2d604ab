import { signal } from '@preact/signals'

/** The group that somebody has the pointer or the focus on, to be seen on the map. */
export const pointed = signal<string | undefined>(undefined)

/** For what names a group. */
export const pointsAt = (groupId: string) => ({
  onMouseEnter: () => void (pointed.value = groupId),
  onMouseLeave: () => void (pointed.value = undefined),
  onFocusIn: () => void (pointed.value = groupId),
  onFocusOut: () => void (pointed.value = undefined),
})
