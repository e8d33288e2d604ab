import { useEffect, useRef, useState } from 'preact/hooks'
import { settingsWords } from '../i18n/settings.ts'
import { useAct } from '../lib/act.ts'
import { ProblemNotice } from './Notice.tsx'

/** What can not be taken back is asked twice, in the same place, and says what it does to what. */
export function SureButton({
  children,
  question,
  act,
}: {
  /** What the button does. */
  children: string
  question: string
  act: () => Promise<unknown>
}) {
  const { settings } = settingsWords()
  const [isAsking, setAsking] = useState(false)
  const { isBusy, problem, run } = useAct()
  const keep = useRef<HTMLButtonElement>(null)
  useEffect(() => {
    if (isAsking) keep.current?.focus()
  }, [isAsking])
  if (!isAsking) {
    return (
      <button type="button" class="button quiet start" onClick={() => setAsking(true)}>
        {children}
      </button>
    )
  }
  return (
    <div class="stack">
      <p class="sure">{question}</p>
      <ProblemNotice problem={problem} />
      <div class="buttons">
        <button
          type="button"
          class="button stops"
          aria-disabled={isBusy}
          onClick={() => void run(act).then(isDone => isDone && setAsking(false))}
        >
          {children}
        </button>
        <button ref={keep} type="button" class="button" onClick={() => setAsking(false)}>
          {settings.sure.keep}
        </button>
      </div>
    </div>
  )
}
