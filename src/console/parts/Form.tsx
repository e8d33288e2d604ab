import type { ComponentChildren } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { fieldId, type Form as FormState, FormContext } from '../lib/form.ts'
import { words } from '../lib/i18n.ts'
import { Notice, ProblemNotice } from './Notice.tsx'

/**
 * A form that says all that is wrong at once: a summary at its top, which takes the focus, and each fault again at
 * its field.
 */
export function Form({
  of: form,
  action,
  busy,
  saved,
  children,
  beside,
  readOnly = false,
}: {
  of: FormState
  /** What the button does. */
  action: string
  busy?: string
  /** Said when it was done and the screen stays. */
  saved?: ComponentChildren
  children: ComponentChildren
  /** Further buttons. */
  beside?: ComponentChildren
  /** It is shown to somebody who may not change it. */
  readOnly?: boolean
}) {
  const { everywhere } = words()
  const submit = (event: SubmitEvent) => {
    event.preventDefault()
    if (!form.isBusy) void form.submit()
  }
  return (
    <FormContext.Provider value={form}>
      <form class="form stack" noValidate onSubmit={submit}>
        <Summary of={form} />
        <fieldset key={form.generation} class="stack" disabled={readOnly}>
          {children}
        </fieldset>
        {!readOnly && (
          <div class="buttons">
            <button type="submit" class="button primary" aria-disabled={form.isBusy}>
              {form.isBusy ? (busy ?? everywhere.saving) : action}
            </button>
            {beside}
          </div>
        )}
        <div role="status">
          {form.isSaved && (
            <Notice kind="ok">
              <p>{saved ?? everywhere.saved}</p>
            </Notice>
          )}
        </div>
      </form>
    </FormContext.Provider>
  )
}

function Summary({ of: { faults, problem, conflict, isBusy } }: { of: FormState }) {
  const { everywhere } = words()
  const summary = useRef<HTMLDivElement>(null)
  const isWrong = faults.length > 0 || problem !== undefined || conflict !== undefined
  // Anew after each try, and not while a fault is being mended.
  useEffect(() => {
    if (isWrong && !isBusy) summary.current?.focus()
  }, [isBusy])
  if (!isWrong) return null
  return (
    <div ref={summary} tabIndex={-1} class="stack">
      {faults.length > 0 && (
        <Notice kind="error" urgent>
          <p>
            <strong>{everywhere.faultsTitle(faults.length)}</strong>
          </p>
          <ul class="plain">
            {faults.map(({ pointer, detail, label }) => (
              <li key={pointer + detail}>
                {label === undefined ? (
                  `${pointer.slice(1)}: ${detail}`
                ) : (
                  <a href={`#${fieldId(pointer)}`} onClick={event => goToField(event, pointer)}>
                    {label}: {detail}
                  </a>
                )}
              </li>
            ))}
          </ul>
        </Notice>
      )}
      <ProblemNotice problem={problem} />
      {conflict && (
        <Notice kind="warn" urgent>
          <p>
            <strong>{everywhere.changedMeanwhile}</strong>
          </p>
          <p>
            {conflict.differences.length === 0
              ? everywhere.theyChangedNothing
              : `${everywhere.theyChanged} ${conflict.differences.map(({ label }) => label).join(', ')}`}
          </p>
          <div class="buttons">
            <button type="button" class="button" onClick={conflict.takeTheirs}>
              {everywhere.takeTheirs}
            </button>
            <button type="button" class="button" onClick={conflict.saveMine}>
              {everywhere.saveMine}
            </button>
          </div>
        </Notice>
      )}
    </div>
  )
}

/** The field itself, or the nearest one that it is a part of. */
function goToField(event: MouseEvent, pointer: string): void {
  event.preventDefault()
  for (let at = pointer; at !== ''; at = at.slice(0, at.lastIndexOf('/'))) {
    const field = document.getElementById(fieldId(at))
    if (field === null) continue
    field.scrollIntoView({ block: 'center' })
    field.focus()
    return
  }
}
