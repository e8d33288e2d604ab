import { useRef, useState } from 'preact/hooks'
import { settingsWords } from '../../i18n/settings.ts'
import { count, percent } from '../../lib/i18n.ts'
import { goTo, pathTo, type ScreenProps } from '../../lib/place.ts'
import { Problem } from '../../lib/problem.ts'
import { upload } from '../../lib/upload.ts'
import { BackTo } from '../../parts/BackTo.tsx'
import { Field } from '../../parts/Field.tsx'
import { Notice, ProblemNotice } from '../../parts/Notice.tsx'
import { Progress } from './import/Progress.tsx'

/** A file of contacts; what came of it stays at an address of its own. */
export function Import({ way: [chosen] }: ScreenProps) {
  const { contacts, imports } = settingsWords()
  return (
    <>
      <BackTo way={['settings', 'contacts']}>{contacts.title}</BackTo>
      <h1>{imports.title}</h1>
      {chosen === undefined ? <Choose /> : <Progress id={chosen} />}
    </>
  )
}

type Mode = 'upsert' | 'replace'

/** `this would remove 12 of 340 contacts: …` */
const REMOVALS = /remove (\d+) of (\d+) /

function Choose() {
  const { imports } = settingsWords()
  const [file, setFile] = useState<File>()
  const [mode, setMode] = useState<Mode>('upsert')
  const [country, setCountry] = useState('')
  const [share, setShare] = useState<number>()
  const [problem, setProblem] = useState<unknown>()
  const [isMissing, setMissing] = useState(false)
  const stopping = useRef<AbortController>(undefined)

  const start = async (confirmRemove?: number) => {
    if (share !== undefined) return
    setMissing(file === undefined)
    if (file === undefined) return
    setProblem(undefined)
    setShare(0)
    const turn = new AbortController()
    stopping.current = turn
    const query = new URLSearchParams({
      mode,
      ...(country && { country }),
      ...(confirmRemove !== undefined && { confirmRemove: String(confirmRemove) }),
    })
    try {
      const { id } = await upload<{ id: string }>(
        `/v1/contacts/import?${query}`,
        file,
        'text/csv; charset=utf-8',
        { tell: setShare, signal: turn.signal },
      )
      goTo(pathTo('settings', 'import', id))
    } catch (error) {
      if (!turn.signal.aborted) setProblem(error)
    } finally {
      setShare(undefined)
    }
  }

  const tooMany =
    problem instanceof Problem && problem.code === 'removes_too_many'
      ? REMOVALS.exec(problem.message)
      : undefined
  return (
    <section class="card stack">
      <p>{imports.intro}</p>
      <p class="hint">{imports.hours}</p>
      {tooMany ? (
        <ConfirmRemoval
          removals={Number(tooMany[1])}
          contacts={Number(tooMany[2])}
          isBusy={share !== undefined}
          confirm={start}
        />
      ) : (
        <ProblemNotice problem={problem} />
      )}
      <form
        class="form stack"
        noValidate
        onSubmit={event => {
          event.preventDefault()
          void start()
        }}
      >
        <Field
          label={imports.file}
          hint={file && imports.fileChosen(file.name, sizeOf(file))}
          fault={isMissing ? imports.fileMissing : undefined}
        >
          <input
            type="file"
            accept=".csv,text/csv"
            onChange={event => setFile(event.currentTarget.files?.[0])}
          />
        </Field>
        <fieldset class="field">
          <legend>{imports.mode}</legend>
          {(['upsert', 'replace'] as const).map(value => (
            <label key={value} class="check">
              <input
                type="radio"
                name="mode"
                checked={mode === value}
                onChange={() => {
                  setMode(value)
                  setProblem(undefined)
                }}
              />
              <span>
                {imports.modes[value]}
                <span class="hint block">{imports.modes[`${value}Hint`]}</span>
              </span>
            </label>
          ))}
        </fieldset>
        <Field label={imports.country} hint={imports.countryHint}>
          <input
            class="number-input"
            maxLength={2}
            value={country}
            onInput={event => setCountry(event.currentTarget.value.trim())}
          />
        </Field>
        <div class="buttons">
          <button type="submit" class="button primary" aria-disabled={share !== undefined}>
            {imports.start}
          </button>
          {share !== undefined && (
            <button type="button" class="button" onClick={() => stopping.current?.abort()}>
              {imports.cancel}
            </button>
          )}
        </div>
        <div role="status">
          {share !== undefined && (
            <>
              <p>{share < 1 ? imports.sending(percent(share, 1)) : imports.reading}</p>
              <progress max={1} value={share} aria-label={imports.start} />
            </>
          )}
        </div>
      </form>
    </section>
  )
}

/** Harm this large is confirmed by its number, not by one more click. */
function ConfirmRemoval({
  removals,
  contacts,
  isBusy,
  confirm,
}: {
  removals: number
  contacts: number
  isBusy: boolean
  confirm: (removals: number) => Promise<void>
}) {
  const { imports } = settingsWords()
  const [typed, setTyped] = useState('')
  const [isWrong, setWrong] = useState(false)
  const send = () => {
    const isRight = Number(typed.replace(/[\s.,]/g, '')) === removals
    setWrong(!isRight)
    if (isRight && !isBusy) void confirm(removals)
  }
  return (
    <Notice kind="warn" urgent>
      <p>
        <strong>{imports.tooMany(count(removals), count(contacts))}</strong>
      </p>
      <Field
        label={imports.typeNumber(count(removals))}
        fault={isWrong ? imports.notTheNumber : undefined}
      >
        <input
          class="number-input"
          inputMode="numeric"
          autocomplete="off"
          value={typed}
          onInput={event => setTyped(event.currentTarget.value)}
        />
      </Field>
      <p>
        <button type="button" class="button stops" aria-disabled={isBusy} onClick={send}>
          {imports.removeAndImport(count(removals))}
        </button>
      </p>
    </Notice>
  )
}

function sizeOf({ size }: File): string {
  return size < 1_000_000
    ? `${count(Math.ceil(size / 1000))} kB`
    : `${count(Math.ceil(size / 1e6))} MB`
}
