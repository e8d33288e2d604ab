import { useEffect, useRef, useState } from 'preact/hooks'
import { composeWords } from '../i18n/compose.ts'
import { request } from '../lib/api.ts'
import { type ApiFault, isTranslated, sayFault } from '../lib/faults.ts'
import { words } from '../lib/i18n.ts'
import { pathTo, place } from '../lib/place.ts'
import { usePages } from '../lib/pages.ts'
import { Problem } from '../lib/problem.ts'
import type { Group } from '../lib/setting-types.ts'
import type { Alert } from '../lib/types.ts'
import { Field } from '../parts/Field.tsx'
import { useModeOfPage } from '../parts/Frame.tsx'
import { Notice, ProblemNotice } from '../parts/Notice.tsx'

/** A CAP message of another system as a draft: pasted or from a file, with all that is wrong with it at its place. */
export function ImportCap() {
  const { importCap: text } = composeWords()
  const [xml, setXml] = useState('')
  const [roster, setRoster] = useState('')
  const [isMissing, setMissing] = useState(false)
  const [isBusy, setBusy] = useState(false)
  const [problem, setProblem] = useState<unknown>()
  const [made, setMade] = useState<Alert>()
  const outcome = useRef<HTMLDivElement>(null)
  useModeOfPage(text.title)
  // What came of it is read first, wherever the button stood.
  useEffect(() => {
    if (!isBusy && (problem !== undefined || made !== undefined)) outcome.current?.focus()
  }, [isBusy])

  const start = async () => {
    setMissing(xml.trim() === '')
    if (xml.trim() === '' || isBusy) return
    setProblem(undefined)
    setBusy(true)
    try {
      const query = roster === '' ? '' : `?roster=${roster}`
      const response = await request('POST', `/v1/alerts/import${query}`, {
        raw: { body: xml, contentType: 'application/cap+xml' },
      })
      setMade((await response.json()) as Alert)
    } catch (error) {
      setProblem(error)
    } finally {
      setBusy(false)
    }
  }

  return (
    <div class="stack">
      <h1>{text.title}</h1>
      <div ref={outcome} tabIndex={-1} class="stack">
        {made && <Made alert={made} onAnother={() => (setMade(undefined), setXml(''))} />}
        <Refusal problem={problem} />
      </div>
      {made === undefined && (
        <section class="card">
          <p>{text.intro}</p>
          <form
            class="form stack"
            noValidate
            onSubmit={event => {
              event.preventDefault()
              void start()
            }}
          >
            <Field label={text.paste} fault={isMissing ? text.missing : undefined}>
              <textarea
                rows={12}
                class="mono"
                spellcheck={false}
                value={xml}
                onInput={event => setXml(event.currentTarget.value)}
              />
            </Field>
            <Field label={text.file}>
              <input
                type="file"
                accept=".xml,.cap,application/cap+xml,application/xml,text/xml"
                onChange={event => void event.currentTarget.files?.[0]?.text().then(setXml)}
              />
            </Field>
            {place.value.mode === 'live' && <Roster value={roster} onChoose={setRoster} />}
            <div class="buttons">
              <button type="submit" class="button primary" aria-disabled={isBusy}>
                {isBusy ? text.reading : text.start}
              </button>
            </div>
          </form>
        </section>
      )}
    </div>
  )
}

/** An exercise has its own; a test outside of one names whom it reaches. */
function Roster({ value, onChoose }: { value: string; onChoose: (id: string) => void }) {
  const { importCap: text } = composeWords()
  const groups = usePages<Group>('/v1/groups', 1000).items.value ?? []
  const listed = groups.filter(group => group.area === null && group.rule === null)
  return (
    <Field label={text.roster}>
      <select value={value} onChange={event => onChoose(event.currentTarget.value)}>
        <option value="">{text.rosterNone}</option>
        {listed.map(({ id, name }) => (
          <option key={id} value={id}>
            {name}
          </option>
        ))}
      </select>
    </Field>
  )
}

function Made({ alert, onAnother }: { alert: Alert; onAnother: () => void }) {
  const { importCap: text } = composeWords()
  return (
    <>
      <Notice kind="ok" urgent>
        <p>
          <strong>{text.done}</strong>
        </p>
      </Notice>
      {alert.warnings.length > 0 && (
        <Notice kind="warn">
          <p>{text.forgiven(alert.warnings.length)}</p>
          <Places of={alert.warnings} />
        </Notice>
      )}
      <div class="buttons">
        <a class="button primary" href={pathTo('alerts', alert.id, 'edit')}>
          {text.open}
        </a>
        <button type="button" class="button" onClick={onAnother}>
          {text.another}
        </button>
      </div>
    </>
  )
}

function Refusal({ problem }: { problem: unknown }) {
  const { importCap: text } = composeWords()
  if (!(problem instanceof Problem) || problem.errors.length === 0) {
    return <ProblemNotice problem={problem} />
  }
  return (
    <Notice kind="error" urgent>
      <p>
        <strong>{text.refused(problem.errors.length)}</strong>
      </p>
      <Places of={problem.errors} />
    </Notice>
  )
}

/** What a draft lacks stands in no message: it is called as its button is. */
function placeOf(pointer: string): string {
  const { watching } = words()
  const { importCap: text } = composeWords()
  const ofDraft: Readonly<Record<string, string>> = {
    '': text.whole,
    '/corrections/cancel': watching.cancel,
    '/corrections/allClear': watching.allClear,
  }
  return ofDraft[pointer] ?? pointer
}

/** Each with its path in the message, as whoever wrote that would look for it. */
function Places({ of }: { of: readonly ApiFault[] }) {
  const { importCap: text } = composeWords()
  return (
    <table class="table rows">
      <thead>
        <tr>
          <th scope="col">{text.place}</th>
          <th scope="col">{text.says}</th>
        </tr>
      </thead>
      <tbody>
        {of.map((fault, no) => (
          <tr key={no}>
            <th
              scope="row"
              class={placeOf(fault.pointer).startsWith('/') ? 'mono small' : undefined}
            >
              {placeOf(fault.pointer)}
            </th>
            <td>
              {fault.line !== undefined && <span class="muted">{text.line(fault.line)}: </span>}
              <span lang={isTranslated(fault) ? undefined : 'en'}>{sayFault(fault)}</span>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
