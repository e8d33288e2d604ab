/** The operator console. Starts what lives as long as the page, then shows the place that the path names. */
import { render } from 'preact'
import './styles/all.css'
import { App } from './App.tsx'
import { applyLanguage } from './lib/i18n.ts'
import { followLinks } from './lib/place.ts'
import { applyTheme } from './lib/theme.ts'
import { watchVersion } from './lib/version.ts'

applyTheme()
followLinks()
watchVersion()
await applyLanguage()

const root = document.getElementById('app') as HTMLElement
root.replaceChildren()
render(<App />, root)
