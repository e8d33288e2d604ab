import type { ComponentChildren } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { connection, silentSeconds } from '../lib/connection.ts'
import { useHotkeys } from '../lib/hotkeys.ts'
import { count, words } from '../lib/i18n.ts'
import { goTo, pathTo, place } from '../lib/place.ts'
import { isIn, leaveMode, me, signOut } from '../lib/session.ts'
import { desk } from '../lib/desk.ts'
import { hasNewVersion } from '../lib/version.ts'
import { Guide } from './Guide.tsx'
import { Preferences } from './Preferences.tsx'

const SCREENS = [
  { way: 'situation', icon: '◉' },
  { way: 'new', icon: '+' },
  { way: 'approvals', icon: '✓' },
  { way: 'sending', icon: '▶' },
  { way: 'reports', icon: '≡' },
  { way: 'settings', icon: '⚙' },
] as const

/** The mode in words, colour, pattern, title and icon; the way to the other screens; whether the server answers. */
export function Frame({ screen, children }: { screen: string; children: ComponentChildren }) {
  const { everywhere, frame } = words()
  const [showsPreferences, setShowsPreferences] = useState(false)
  const { mode } = place.value
  const { exercise, waiting, sending } = desk.value
  const isLive = mode === 'live'
  const names: Readonly<Record<(typeof SCREENS)[number]['way'], string>> = {
    situation: frame.situation,
    new: frame.newAlert,
    approvals: frame.withCount(frame.approvals, waiting),
    sending: frame.withCount(frame.sending, sending),
    reports: frame.reports,
    settings: frame.settings,
  }
  useHotkeys({
    ...(isIn('author') && { n: () => goTo(pathTo('new')) }),
    'g s': () => goTo(pathTo('situation')),
    'g a': () => goTo(pathTo('approvals')),
    'g l': () => goTo(pathTo('sending')),
    'g r': () => goTo(pathTo('reports')),
    '?': () => setShowsPreferences(true),
  })
  const leave = async (way: () => Promise<void>) => {
    // Without an answer the sign-in here is forgotten all the same.
    await way().catch(() => signOut())
    goTo('/console/')
  }
  return (
    <div class="frame">
      <a class="skip" href="#content">
        {everywhere.skipToContent}
      </a>
      <header class="mode-bar">
        <span class="mode-word">{isLive ? everywhere.live : everywhere.exercise}</span>
        <span class="sentence">
          {isLive
            ? everywhere.liveSentence
            : everywhere.exerciseSentence(
                exercise?.phones == null ? undefined : count(exercise.phones),
              )}
          {exercise && ` · ${exercise.name}`}
        </span>
        <span class="who">
          <button type="button" class="link-button" onClick={() => setShowsPreferences(true)}>
            {me.value?.name}
          </button>
          <button type="button" class="link-button" onClick={() => void leave(leaveMode)}>
            {frame.leaveMode}
          </button>
          <button type="button" class="link-button" onClick={() => void leave(signOut)}>
            {frame.signOut}
          </button>
        </span>
      </header>
      <nav class="nav" aria-label={frame.mainNavigation}>
        {SCREENS.filter(({ way }) => way !== 'new' || isIn('author')).map(({ way, icon }) => (
          <a key={way} href={pathTo(way)} aria-current={way === screen ? 'page' : undefined}>
            <span class="nav-icon" aria-hidden="true">
              {icon}
            </span>
            {names[way]}
          </a>
        ))}
        <Connection />
      </nav>
      <div>
        <LostBanner />
        {hasNewVersion.value && (
          <div class="banner" data-kind="info">
            {frame.newVersion}{' '}
            <button type="button" class="link-button" onClick={() => location.reload()}>
              {frame.reload}
            </button>
          </div>
        )}
        <Guide />
        <main id="content" class="screen" tabIndex={-1}>
          {children}
        </main>
      </div>
      {showsPreferences && <Preferences onClose={() => setShowsPreferences(false)} />}
    </div>
  )
}

function Connection() {
  const { frame } = words()
  const state = connection.value
  const text = {
    ok: frame.connected,
    late: frame.reconnecting,
    lost: frame.lost(silentSeconds.value),
  }[state]
  return (
    <span class="connection small">
      <span class="dot" data-kind={state} aria-hidden="true" />
      {text}
    </span>
  )
}

function LostBanner() {
  if (connection.value !== 'lost') return null
  return (
    <div class="banner" role="alert">
      {words().frame.lostBanner(silentSeconds.value)}
    </div>
  )
}

/** Title, icon and the page's own mark of the mode: what other windows and the taskbar show. */
export function useModeOfPage(title: string): void {
  const { everywhere } = words()
  const { mode } = place.value
  useEffect(() => {
    const prefix = { live: everywhere.liveTitle, exercise: everywhere.exerciseTitle }
    document.title = `${mode === undefined ? '' : prefix[mode]}${title}`
    if (mode === undefined) delete document.documentElement.dataset['mode']
    else document.documentElement.dataset['mode'] = mode
    const icon = document.getElementById('icon') as HTMLLinkElement | null
    if (icon) icon.href = `/console/icons/${mode ?? 'sign-in'}.svg`
  }, [mode, title, everywhere])
}
