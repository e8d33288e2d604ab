/** Single keys for who knows them; off while something is typed, and switchable off (WCAG 2.1.4). */
import { signal } from '@preact/signals'
import { useEffect } from 'preact/hooks'

const KEY = 'tocsin.hotkeys'
export const hotkeysOn = signal(localStorage.getItem(KEY) !== 'off')

export function switchHotkeys(on: boolean): void {
  hotkeysOn.value = on
  localStorage.setItem(KEY, on ? 'on' : 'off')
}

/** `n`, `g s` (one after the other), `ctrl+enter`, `alt+shift+s`. */
type Hotkeys = Readonly<Record<string, () => void>>

const SEQUENCE_MS = 1_500

/** The keys of a part of the screen, while it is shown. What has a modifier works while typing, too. */
export function useHotkeys(hotkeys: Hotkeys): void {
  useEffect(() => {
    let before = ''
    let beforeAt = 0
    const pressed = (event: KeyboardEvent) => {
      const name = nameOf(event)
      const isPlain = !/(ctrl|alt)\+/.test(name)
      if (isPlain && (!hotkeysOn.value || isTyping(event))) return
      const sequence = event.timeStamp - beforeAt < SEQUENCE_MS ? `${before} ${name}` : name
      const act = hotkeys[sequence] ?? hotkeys[name]
      before = name
      beforeAt = event.timeStamp
      if (act === undefined) return
      event.preventDefault()
      act()
    }
    addEventListener('keydown', pressed)
    return () => removeEventListener('keydown', pressed)
  })
}

function nameOf(event: KeyboardEvent): string {
  const modifiers = [
    event.ctrlKey || event.metaKey ? 'ctrl+' : '',
    event.altKey ? 'alt+' : '',
    event.shiftKey && event.key.length > 1 ? 'shift+' : '',
  ]
  // Alt changes what a key types on many layouts; what it is stays in `code`.
  const letter = event.altKey ? /^Key(.)$/.exec(event.code)?.[1] : undefined
  const shift = letter !== undefined && event.shiftKey ? 'shift+' : ''
  return `${modifiers.join('')}${shift}${(letter ?? event.key).toLowerCase()}`
}

function isTyping(event: KeyboardEvent): boolean {
  const target = event.target as HTMLElement | null
  return (
    target?.closest?.('dialog[open], input, textarea, select, [contenteditable]') !== null &&
    target?.closest?.('input[type=radio], input[type=checkbox], input[type=button]') === null
  )
}
