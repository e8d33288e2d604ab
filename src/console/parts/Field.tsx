import type { ComponentChildren, VNode } from 'preact'
import { cloneElement } from 'preact'
import { useId } from 'preact/hooks'

/** A control with its label, what helps to fill it in, and what is wrong with it, tied together for who hears it. */
export function Field({
  label,
  hint,
  fault,
  children,
}: {
  label: ComponentChildren
  hint?: ComponentChildren
  fault?: string | undefined
  children: VNode<{ id?: string }>
}) {
  const id = useId()
  const control = (children.props as { id?: string }).id ?? `field-${id}`
  const described = [hint && `${control}-hint`, fault && `${control}-fault`]
    .filter(Boolean)
    .join(' ')
  return (
    <div class="field">
      <label for={control}>{label}</label>
      {cloneElement(children, {
        id: control,
        'aria-invalid': fault === undefined ? undefined : 'true',
        'aria-describedby': described === '' ? undefined : described,
      })}
      {hint && (
        <span class="hint" id={`${control}-hint`}>
          {hint}
        </span>
      )}
      {fault && (
        <span class="fault" id={`${control}-fault`}>
          {fault}
        </span>
      )}
    </div>
  )
}

/** Radio buttons side by side. */
export function Segments<Value extends string>({
  legend,
  name,
  value,
  options,
  onChoose,
}: {
  legend: ComponentChildren
  name: string
  value: Value
  options: readonly { readonly value: Value; readonly label: ComponentChildren }[]
  onChoose: (value: Value) => void
}) {
  return (
    <fieldset class="field">
      <legend>{legend}</legend>
      <div class="segments">
        {options.map(option => (
          <label key={option.value}>
            <input
              type="radio"
              name={name}
              value={option.value}
              checked={option.value === value}
              onChange={() => onChoose(option.value)}
            />
            {option.label}
          </label>
        ))}
      </div>
    </fieldset>
  )
}
