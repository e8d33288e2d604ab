import { useEffect, useMemo, useState } from 'preact/hooks'
import { settingsWords } from '../../../i18n/settings.ts'
import { useAct } from '../../../lib/act.ts'
import { type ApiFault, isTranslated, sayFault } from '../../../lib/faults.ts'
import { save } from '../../../lib/file.ts'
import { count } from '../../../lib/i18n.ts'
import { firstLines } from '../../../lib/json-lines.ts'
import { pathTo } from '../../../lib/place.ts'
import { Problem } from '../../../lib/problem.ts'
import { useResource } from '../../../lib/resource.ts'
import type { Import, Reject } from '../../../lib/setting-types.ts'
import { Figure } from '../../../parts/Figure.tsx'
import { Loaded } from '../../../parts/Loaded.tsx'
import { adviceOn, Notice, ProblemNotice } from '../../../parts/Notice.tsx'
import { rejectsFile, requestRejects } from './rejects.ts'

const EVERY_MS = 1_000
const SHOWN = 100

/** How far an import is, and which rows were turned down. */
export function Progress({ id }: { id: string }) {
  const { imports } = settingsWords()
  const found = useResource<Import>(`/v1/imports/${id}`)
  const isRunning = found.data.value?.state === 'running'
  useEffect(() => {
    if (!isRunning) return
    const timer = setInterval(() => void found.refresh(), EVERY_MS)
    return () => clearInterval(timer)
  }, [isRunning, found])
  return (
    <Loaded of={found} what={imports.title}>
      {one => (
        <>
          <div role="status">
            <Notice
              kind={one.state === 'failed' ? 'error' : one.state === 'completed' ? 'ok' : 'info'}
            >
              <p>
                {one.state === 'running'
                  ? imports.merging
                  : one.state === 'completed'
                    ? imports.done
                    : `${imports.failed} ${adviceOnFailure(one)}`}
              </p>
              {one.failure !== null && (
                <p class="small muted" lang="en">
                  {one.failure.detail}
                </p>
              )}
            </Notice>
          </div>
          <Counts of={one} />
          {one.rejected > 0 && one.state !== 'running' && <Rejects id={id} />}
          <div class="buttons">
            <a class="button" href={pathTo('settings', 'contacts')}>
              {imports.toContacts}
            </a>
            <a class="button" href={pathTo('settings', 'import')}>
              {imports.another}
            </a>
          </div>
        </>
      )}
    </Loaded>
  )
}

function adviceOnFailure({ failure }: Import): string {
  if (failure === null) return ''
  return adviceOn(new Problem(failure.detail, { status: 0, code: failure.code }))
}

function Counts({ of: { read, created, updated, removed, rejected } }: { of: Import }) {
  const { imports } = settingsWords()
  const figures = [
    [imports.read, read, undefined],
    [imports.created, created, undefined],
    [imports.updated, updated, undefined],
    [imports.removed, removed, undefined],
    [imports.rejected, rejected, rejected > 0 ? 'failed' : undefined],
  ] as const
  return (
    <div class="figures">
      {figures.map(([label, value, kind]) => (
        <Figure key={label} value={count(value)} kind={kind}>
          {label}
        </Figure>
      ))}
    </div>
  )
}

function Rejects({ id }: { id: string }) {
  const { imports } = settingsWords()
  const [rows, setRows] = useState<readonly Reject[]>([])
  const first = useAct()
  const all = useAct()
  const [written, setWritten] = useState(0)
  const left = useMemo(() => new AbortController(), [])
  useEffect(() => () => left.abort(), [])
  useEffect(() => {
    void first.run(async () => {
      setRows(await firstLines<Reject>(await requestRejects(id), SHOWN))
    })
  }, [id])
  const bring = async () => {
    const columns = [imports.line, imports.column, imports.reason, imports.value]
    setWritten(0)
    save(
      await rejectsFile(id, columns, { onRows: setWritten, signal: left.signal }),
      `rejects-${id}.csv`,
    )
  }
  return (
    <section class="card stack">
      <h2>{imports.rejects}</h2>
      <p class="muted">{imports.rejectsHint}</p>
      <ProblemNotice problem={first.problem ?? all.problem} />
      <table class="table rows">
        <thead>
          <tr>
            <th scope="col">{imports.line}</th>
            <th scope="col">{imports.column}</th>
            <th scope="col">{imports.reason}</th>
            <th scope="col">{imports.value}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ line, column, value, ...reason }, no) => (
            <tr key={no}>
              <th scope="row">
                {imports.line} {line}
              </th>
              <td data-label={imports.column}>{column}</td>
              <td data-label={imports.reason}>
                <Reason of={reason} />
              </td>
              <td data-label={imports.value}>{value === '' ? '–' : <code>{value}</code>}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <button
        type="button"
        class="button start"
        aria-disabled={all.isBusy}
        onClick={() => void all.run(bring)}
      >
        {all.isBusy ? imports.downloading(count(written)) : imports.download}
      </button>
    </section>
  )
}

function Reason({ of }: { of: Omit<ApiFault, 'pointer'> }) {
  return <span lang={isTranslated(of) ? undefined : 'en'}>{sayFault(of)}</span>
}
