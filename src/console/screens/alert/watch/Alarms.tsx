import { useEffect, useRef } from 'preact/hooks'
import { clock, words } from '../../../lib/i18n.ts'
import type { Progress } from '../../../lib/types.ts'
import { isStop } from './stops.ts'

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

function alarmHead(code: string): string {
  const { alarms } = words().watching
  const heads: Readonly<Record<string, string | undefined>> = alarms
  return heads[code.replace(/_\d+$/, '')] ?? alarms.other
}

/** In the server's English, but for the reason that a person gave. */
export function AlarmDetail({ code, detail }: Pick<Progress['alarms'][number], 'code' | 'detail'>) {
  const said = detail.slice(0, 1).toUpperCase() + detail.slice(1)
  return (
    <span lang={code === 'sent_alone' ? undefined : 'en'}>
      {/[.?!]$/.test(said) ? said : `${said}.`}
    </span>
  )
}

function Alarm({ code, detail, since }: Progress['alarms'][number]) {
  const { watching } = words()
  const notice = useRef<HTMLDivElement>(null)
  const hasStopped = isStop(code)
  // It takes the focus, whatever one was doing.
  useEffect(() => {
    if (hasStopped) notice.current?.focus()
  }, [hasStopped])
  return (
    <div
      ref={notice}
      class="notice"
      data-kind={hasStopped ? 'error' : 'warn'}
      role="alert"
      tabIndex={hasStopped ? -1 : undefined}
    >
      <p>
        <strong>
          {hasStopped ? '✗' : '!'} {alarmHead(code)}.
        </strong>{' '}
        <AlarmDetail code={code} detail={detail} />{' '}
        <span class="muted">{watching.since(clock(since))}</span>
      </p>
    </div>
  )
}
