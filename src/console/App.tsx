import { useEffect } from 'preact/hooks'
import { openAlerts, useDesk } from './lib/desk.ts'
import { goTo, pathTo, place, type ScreenProps } from './lib/place.ts'
import { isIn, session } from './lib/session.ts'
import { Frame } from './parts/Frame.tsx'
import { lazy } from './parts/lazy.tsx'
import { NotAuthor } from './screens/NotAuthor.tsx'
import { NotHere } from './screens/NotHere.tsx'
import { Situation } from './screens/Situation.tsx'
import { Threshold } from './screens/Threshold.tsx'

/**
 * Which screen a path shows. The first is the situation; the others are loaded when they are first wanted.
 *
 * `new`, `import`, `approvals`, `sending`, `alerts/<id>[/edit|/review]`, `reports[/<id>]`, `settings[/…]`
 */
export function App() {
  const { mode, way } = place.value
  const isSignedIn = session.value !== undefined
  useEffect(() => {
    if (mode === undefined || isSignedIn) return
    // Signed out, or never in: the threshold leads back here.
    goTo(`/console/?to=${encodeURIComponent(location.pathname)}`, 'replace')
  }, [mode, isSignedIn])
  if (mode === undefined || !isSignedIn) return <Threshold />
  return <Inside key={pathTo()} way={way} />
}

function Inside({ way }: { way: readonly string[] }) {
  useDesk()
  const [first = 'situation'] = way
  const Screen = SCREENS[first] ?? NotHere
  return (
    <Frame screen={first === 'alerts' ? tabOf(way[1]) : first === 'import' ? 'new' : first}>
      <Screen key={way.join('/')} way={way.slice(1)} />
    </Frame>
  )
}

/** Under which word of the navigation an alert stands. */
function tabOf(alertId: string | undefined): string {
  switch (openAlerts.value?.find(({ id }) => id === alertId)?.state) {
    case 'draft':
      return 'new'
    case 'submitted':
    case 'approved':
      return 'approvals'
    default:
      return 'sending'
  }
}

type Screen = (props: ScreenProps) => preact.JSX.Element | null

/** Whoever could not save what they write is told before they begin. */
function byAuthors(Screen: Screen): Screen {
  return props => (isIn('author') ? <Screen {...props} /> : <NotAuthor />)
}

const SCREENS: Readonly<Record<string, Screen>> = {
  situation: Situation,
  new: byAuthors(lazy(async () => (await import('./screens/Compose.tsx')).Compose)),
  alerts: lazy(async () => (await import('./screens/Alert.tsx')).Alert),
  import: byAuthors(lazy(async () => (await import('./screens/ImportCap.tsx')).ImportCap)),
  approvals: lazy(async () => (await import('./screens/Approvals.tsx')).Approvals),
  reports: lazy(async () => (await import('./screens/Reports.tsx')).Reports),
  settings: lazy(async () => (await import('./screens/Settings.tsx')).Settings),
  sending: lazy(async () => (await import('./screens/Sending.tsx')).Sending),
}
