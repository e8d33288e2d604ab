import { useEffect, useState } from 'preact/hooks'
import { clock, dayAndClock, words, zone } from '../lib/i18n.ts'
import { now } from '../lib/connection.ts'
import { session } from '../lib/session.ts'
import { Preferences } from '../parts/Preferences.tsx'
import { ChooseMode } from './ChooseMode.tsx'
import { EnrolPasskey } from './EnrolPasskey.tsx'
import { SignIn } from './SignIn.tsx'

/** Before a mode: sign in, then choose where to work. */
export function Threshold() {
  const { frame } = words()
  const [showsPreferences, setShowsPreferences] = useState(false)
  const offset = useServerClock()
  return (
    <div class="threshold">
      <header>
        <strong>{frame.console}</strong>
        <span class="row">
          <time
            dateTime={new Date(now.value + offset).toISOString()}
            title={dayAndClock(now.value + offset)}
          >
            {frame.serverTime(`${clock(now.value + offset)} ${zone()}`)}
          </time>
          <button type="button" class="link-button" onClick={() => setShowsPreferences(true)}>
            {frame.preferences}
          </button>
        </span>
      </header>
      <main id="content" tabIndex={-1}>
        {session.value === undefined ? (
          <SignIn />
        ) : session.value.mustEnrolPasskey ? (
          <EnrolPasskey />
        ) : (
          <ChooseMode />
        )}
      </main>
      {showsPreferences && <Preferences onClose={() => setShowsPreferences(false)} />}
    </div>
  )
}

/** How far the server's clock is ahead of this machine's, in ms, by the `Date` of an answer. */
function useServerClock(): number {
  const [offset, setOffset] = useState(0)
  useEffect(() => {
    void fetch('/healthz', { cache: 'no-store' })
      .then(answer => setOffset(Date.parse(answer.headers.get('Date') ?? '') - Date.now() || 0))
      .catch(() => undefined)
  }, [])
  return offset
}
