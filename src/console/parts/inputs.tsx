/** Fields of a `Form`. `at` is the JSON pointer of what they write; a field that is emptied writes null. */
import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import { fieldId, useFormContext } from '../lib/form.ts'
import { words, zone } from '../lib/i18n.ts'
import { instantOf, wallClockOf } from '../lib/wall-clock.ts'
import { Field } from './Field.tsx'

interface Common {
  readonly at: string
  readonly label: string
  readonly hint?: ComponentChildren
}

function useField({ at, label }: Common, isRequired: boolean) {
  const form = useFormContext()
  form.know(at, label, isRequired)
  return {
    id: fieldId(at),
    value: form.read(at),
    fault: form.faultAt(at),
    write: (value: unknown) => form.write(at, value),
  }
}

const labelled = (label: string, isOptional: boolean): ComponentChildren =>
  isOptional ? (
    <>
      {label} <span class="muted">({words().everywhere.optional})</span>
    </>
  ) : (
    label
  )

export function TextInput({
  type = 'text',
  rows,
  optional = false,
  empty = null,
  max,
  autocomplete = 'off',
  lang,
  mono = false,
  inputMode,
  placeholder,
  ...common
}: Common & {
  type?: 'text' | 'email' | 'password' | 'tel' | 'url' | 'search'
  rows?: number
  optional?: boolean
  /** What is sent where nothing is written. */
  empty?: '' | null
  max?: number
  autocomplete?: string
  lang?: string
  mono?: boolean
  inputMode?: 'numeric' | 'decimal' | 'text'
  placeholder?: string
}) {
  const { id, value, fault, write } = useField(common, !optional)
  // Preact's types want one type an element.
  const kind = { type, inputMode } as { type: 'text' }
  const shared = {
    id,
    value: typeof value === 'string' ? value : '',
    maxLength: max,
    autocomplete,
    lang,
    placeholder,
    spellcheck: rows !== undefined && !mono,
    'aria-required': !optional,
    class: mono ? 'mono' : undefined,
    onInput: (event: { currentTarget: { value: string } }) =>
      write(event.currentTarget.value === '' ? empty : event.currentTarget.value),
  }
  return (
    <Field label={labelled(common.label, optional)} hint={common.hint} fault={fault}>
      {rows === undefined ? (
        <input {...kind} {...shared} />
      ) : mono ? (
        <textarea rows={rows} {...shared} />
      ) : (
        <textarea
          rows={rows}
          {...shared}
          class="prose"
          style={{ minBlockSize: `calc(${rows}lh + 1.25rem)` }}
        />
      )}
    </Field>
  )
}

export function NumberInput({
  min,
  max,
  step = 1,
  unit,
  optional = false,
  ...common
}: Common & {
  min?: number
  max?: number
  step?: number | 'any'
  unit?: string
  optional?: boolean
}) {
  const { id, value, fault, write } = useField(common, !optional)
  const label = unit === undefined ? common.label : `${common.label} (${unit})`
  return (
    <Field label={labelled(label, optional)} hint={common.hint} fault={fault}>
      <input
        id={id}
        type="number"
        class="number-input"
        value={typeof value === 'number' ? value : ''}
        min={min}
        max={max}
        step={step}
        aria-required={!optional}
        onInput={event => {
          const { value: text } = event.currentTarget
          write(text === '' ? null : Number(text))
        }}
      />
    </Field>
  )
}

export interface Option {
  readonly value: string
  readonly label: string
  readonly hint?: ComponentChildren
}

/** One of several. */
export function Choice({
  options,
  optional = false,
  none,
  ...common
}: Common & { options: readonly Option[]; optional?: boolean; none?: string }) {
  const { id, value, fault, write } = useField(common, !optional)
  return (
    <Field label={labelled(common.label, optional)} hint={common.hint} fault={fault}>
      <select
        id={id}
        value={typeof value === 'string' ? value : ''}
        onChange={event =>
          write(event.currentTarget.value === '' ? null : event.currentTarget.value)
        }
      >
        {(optional || typeof value !== 'string') && (
          <option value="">
            {none ?? (optional ? words().everywhere.none : words().everywhere.choose)}
          </option>
        )}
        {options.map(option => (
          <option key={option.value} value={option.value}>
            {option.label}
          </option>
        ))}
      </select>
    </Field>
  )
}

/** One of a few, all of them to be seen with what they mean. */
export function RadioChoice({ options, ...common }: Common & { options: readonly Option[] }) {
  const { id, value, fault, write } = useField(common, true)
  return (
    <fieldset class="field" id={id} tabIndex={-1}>
      <legend>{common.label}</legend>
      {common.hint && <span class="hint">{common.hint}</span>}
      {options.map(option => (
        <label key={option.value} class="check">
          <input
            type="radio"
            name={id}
            checked={value === option.value}
            onChange={() => write(option.value)}
          />
          <Explained option={option} />
        </label>
      ))}
      {fault && <span class="fault">{fault}</span>}
    </fieldset>
  )
}

/** Any of several. */
export function Choices({
  options,
  optional = false,
  ...common
}: Common & { options: readonly Option[]; optional?: boolean }) {
  const { id, value, fault, write } = useField(common, !optional)
  const chosen = Array.isArray(value) ? (value as readonly string[]) : []
  const toggle = (option: string, isOn: boolean) =>
    write(isOn ? [...chosen, option] : chosen.filter(one => one !== option))
  return (
    <fieldset class="field" id={id} tabIndex={-1}>
      <legend>{labelled(common.label, optional)}</legend>
      {common.hint && <span class="hint">{common.hint}</span>}
      {options.map(option => (
        <label key={option.value} class="check">
          <input
            type="checkbox"
            checked={chosen.includes(option.value)}
            onChange={event => toggle(option.value, event.currentTarget.checked)}
          />
          <Explained option={option} />
        </label>
      ))}
      {fault && <span class="fault">{fault}</span>}
    </fieldset>
  )
}

function Explained({ option }: { option: Option }) {
  return (
    <span>
      {option.label}
      {option.hint && <span class="hint block">{option.hint}</span>}
    </span>
  )
}

export function Flag(common: Common) {
  const { id, value, fault, write } = useField(common, false)
  return (
    <div class="field">
      <label class="check" for={id}>
        <input
          id={id}
          type="checkbox"
          checked={value === true}
          aria-describedby={common.hint ? `${id}-hint` : undefined}
          onChange={event => write(event.currentTarget.checked)}
        />
        <span>{common.label}</span>
      </label>
      {common.hint && (
        <span class="hint under-check" id={`${id}-hint`}>
          {common.hint}
        </span>
      )}
      {fault && <span class="fault">{fault}</span>}
    </div>
  )
}

/** A list of words, one a line. */
export function Lines({
  rows = 4,
  optional = false,
  empty = [],
  ...common
}: Common & { rows?: number; optional?: boolean; empty?: null | readonly string[] }) {
  const { id, value, fault, write } = useField(common, !optional)
  const [text, setText] = useState(Array.isArray(value) ? value.join('\n') : '')
  return (
    <Field label={labelled(common.label, optional)} hint={common.hint} fault={fault}>
      <textarea
        id={id}
        rows={rows}
        value={text}
        onInput={event => {
          setText(event.currentTarget.value)
          const lines = event.currentTarget.value
            .split('\n')
            .map(line => line.trim())
            .filter(line => line !== '')
          write(lines.length === 0 ? empty : lines)
        }}
      />
    </Field>
  )
}

/** A part of the body as it is sent, for who has its documentation beside them. */
export function JsonInput({
  rows = 12,
  optional = false,
  ...common
}: Common & { rows?: number; optional?: boolean }) {
  const { everywhere } = words()
  const { id, value, fault, write } = useField(common, !optional)
  const [text, setText] = useState(
    value === undefined || value === null ? '' : JSON.stringify(value, null, 2),
  )
  const [isBroken, setBroken] = useState(false)
  return (
    <Field
      label={labelled(common.label, optional)}
      hint={common.hint}
      fault={isBroken ? everywhere.notJson : fault}
    >
      <textarea
        id={id}
        rows={rows}
        class="mono"
        spellcheck={false}
        value={text}
        onInput={event => {
          const { value: next } = event.currentTarget
          setText(next)
          try {
            write(next.trim() === '' ? null : JSON.parse(next))
            setBroken(false)
          } catch {
            setBroken(true)
          }
        }}
      />
    </Field>
  )
}

/** Several of the same, each with its own fields. */
export function Rows<Item>({
  add,
  fresh,
  remove,
  most = 50,
  children,
  ...common
}: Common & {
  /** What the button says that adds one. */
  add: string
  fresh: () => Item
  remove: (no: number) => string
  most?: number
  children: (at: string, item: Item, no: number) => ComponentChildren
}) {
  const { id, value, fault, write } = useField(common, false)
  const items = Array.isArray(value) ? (value as readonly Item[]) : []
  return (
    <fieldset class="field" id={id} tabIndex={-1}>
      <legend>{common.label}</legend>
      {common.hint && <span class="hint">{common.hint}</span>}
      {items.map((item, no) => (
        <div key={no} class="form-row">
          <div class="fields">{children(`${common.at}/${no}`, item, no)}</div>
          <button
            type="button"
            class="button quiet"
            aria-label={remove(no + 1)}
            onClick={() => write(items.filter((_, other) => other !== no))}
          >
            {words().everywhere.remove}
          </button>
        </div>
      ))}
      {fault && <span class="fault">{fault}</span>}
      {items.length < most && (
        <button type="button" class="button quiet start" onClick={() => write([...items, fresh()])}>
          {add}
        </button>
      )}
    </fieldset>
  )
}

/** A time by the organisation's clock; what is sent is the instant. */
export function TimeInput({ optional = false, ...common }: Common & { optional?: boolean }) {
  const { id, value, fault, write } = useField(common, !optional)
  return (
    <Field
      label={labelled(`${common.label} (${zone()})`, optional)}
      hint={common.hint}
      fault={fault}
    >
      <input
        id={id}
        type="datetime-local"
        class="number-input"
        value={typeof value === 'string' ? wallClockOf(value) : ''}
        aria-required={!optional}
        onChange={event => write(instantOf(event.currentTarget.value) ?? null)}
      />
    </Field>
  )
}
