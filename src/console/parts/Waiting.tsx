import { useEffect, useState } from 'preact/hooks'
import { words } from '../lib/i18n.ts'

const SLOW_MS = 2_000

/** Lines of the size of what will come; after two seconds it says what is awaited. */
export function Waiting({ lines = 3, what }: { lines?: number; what: string }) {
  const [isSlow, setSlow] = useState(false)
  useEffect(() => {
    const timer = setTimeout(() => setSlow(true), SLOW_MS)
    return () => clearTimeout(timer)
  }, [])
  return (
    <div class="stack" aria-busy="true">
      {Array.from({ length: lines }, (_, no) => (
        <div key={no} class="skeleton" />
      ))}
      <p class="muted" role="status">
        {isSlow ? words().everywhere.waitingFor(what) : ''}
      </p>
    </div>
  )
}
