/** Light or dark: as the machine has it, or as this browser's user chose. */
import { effect, signal } from '@preact/signals'

export type Theme = 'system' | 'light' | 'dark'

const KEY = 'tocsin.theme'
export const theme = signal<Theme>((localStorage.getItem(KEY) as Theme | null) ?? 'system')
const machine = matchMedia('(prefers-color-scheme: dark)')
const machineIsDark = signal(machine.matches)
machine.addEventListener('change', () => (machineIsDark.value = machine.matches))

export function chooseTheme(next: Theme): void {
  theme.value = next
  localStorage.setItem(KEY, next)
}

export function applyTheme(): void {
  effect(() => {
    const isDark = theme.value === 'dark' || (theme.value === 'system' && machineIsDark.value)
    document.documentElement.dataset['theme'] = isDark ? 'dark' : 'light'
  })
}
