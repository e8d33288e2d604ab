import { hotkeysOn, switchHotkeys } from '../lib/hotkeys.ts'
import { chooseLanguage, language, type Language, LANGUAGES, words } from '../lib/i18n.ts'
import { isIn } from '../lib/session.ts'
import { chooseTheme, theme, type Theme } from '../lib/theme.ts'
import { Dialog } from './Dialog.tsx'
import { Segments } from './Field.tsx'

const SHORTCUTS = [
  ['N', 'n'],
  ['G S', 'gs'],
  ['G A', 'ga'],
  ['G L', 'gl'],
  ['G R', 'gr'],
  ['/', 'places'],
  ['1–4', 'severity'],
  ['Ctrl Enter', 'review'],
  ['Alt Shift S', 'stop'],
  ['P', 'pause'],
  ['?', 'help'],
] as const

/** Language, colours and keys: of this browser, not of the person. */
export function Preferences({ onClose }: { onClose: () => void }) {
  const { frame } = words()
  const themes: readonly Theme[] = ['system', 'light', 'dark']
  return (
    <Dialog title={frame.preferences} onClose={onClose}>
      <div class="stack">
        <Segments<Language>
          legend={frame.language}
          name="language"
          value={language.value}
          options={Object.entries(LANGUAGES).map(([value, label]) => ({
            value: value as Language,
            label,
          }))}
          onChoose={next => void chooseLanguage(next)}
        />
        <Segments<Theme>
          legend={frame.theme}
          name="theme"
          value={theme.value}
          options={themes.map(value => ({ value, label: frame.themes[value] }))}
          onChoose={chooseTheme}
        />
        <h3>{frame.hotkeys}</h3>
        <label class="check">
          <input
            type="checkbox"
            checked={hotkeysOn.value}
            onChange={event => switchHotkeys(event.currentTarget.checked)}
          />
          {frame.hotkeysOn}
        </label>
        <dl class="facts">
          {SHORTCUTS.filter(([, name]) => name !== 'n' || isIn('author')).map(([keys, name]) => (
            <>
              <dt key={keys}>
                <kbd>{keys}</kbd>
              </dt>
              <dd>{frame.shortcuts[name]}</dd>
            </>
          ))}
        </dl>
      </div>
    </Dialog>
  )
}
