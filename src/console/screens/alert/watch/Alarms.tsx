import { useEffect, useRef } from 'preact/hooks'
import { clock, words } from '../../../lib/i18n.ts'
import type { Progress } from '../../../lib/types.ts'

/** By these sending has stopped itself: they take the focus, whatever one was doing. */
const STOPS: readonly string[] = [
  'integrity_violation',
  'audience_changed',
  'ceiling_exceeded',
  'signature_key_revoked',
]

/** What somebody should know now, as long as it holds. */
export function Alarms({ of }: { of: Progress['alarms'] }) {
  return (
    <>
      {of.map(alarm => (
        <Alarm key={alarm.code} {...alarm} />
      ))}
    </>
  )
}

export function alarmHead(code: string): string {
  const { alarms } = words().watching
  const heads: Readonly<Record<string, string | undefined>> = alarms
  return heads[code.replace(/_\d+$/, '')] ?? alarms.other
}

function Alarm({ code, detail, since }: Progress['alarms'][number]) {
  const { watching } = words()
  const notice = useRef<HTMLDivElement>(null)
  const isStop = STOPS.includes(code)
  useEffect(() => {
    if (isStop) notice.current?.focus()
  }, [isStop])
  return (
    <div
      ref={notice}
      class="notice"
      data-kind={isStop ? 'error' : 'warn'}
      role="alert"
      tabIndex={isStop ? -1 : undefined}
    >
      <p>
        <strong>
          {isStop ? '✗' : '!'} {alarmHead(code)}.
        </strong>{' '}
        {detail} <span class="muted">{watching.since(clock(since))}</span>
      </p>
    </div>
  )
}
