import { useEffect, useState } from 'preact/hooks'
import { composeWords } from '../../i18n/compose.ts'
import { languageName } from '../../lib/i18n.ts'
import { Field } from '../../parts/Field.tsx'
import type { Composition } from './composition.ts'
import type { Escalation, Form } from './form.ts'
import type { GroupSummary } from './What.tsx'

const WHEN = ['noReplyAbove', 'optionAbove', 'optionBelow'] as const
const MOST = 10
const DEFAULT_REMINDERS = { afterMinutes: 30, times: 1, to: 'noReply' } as const

/** What goes out later without anybody's hand, approved with the alert: reminders, and notices to those on duty. */
export function ByItself({
  of: { form, change },
  groups,
  faultOf,
}: {
  of: Composition
  groups: readonly GroupSummary[]
  faultOf: (field: string) => string | undefined
}) {
  const { compose: text } = composeWords()
  const { replies, reminders, escalations = [] } = form.value
  if (replies.length === 0) return null
  const put = (next: Form['escalations'] = []) =>
    change({ escalations: next.length === 0 ? undefined : next }, 'typed')
  const says = [
    reminders === undefined ? [] : [text.remindersOn(reminders.times)],
    escalations.length === 0 ? [] : [text.noticesOn(escalations.length)],
  ].flat()
  return (
    <section class="card by-itself">
      <details open={says.length > 0}>
        <summary>
          <strong>{text.byItself}</strong>{' '}
          <span class="muted">{says.length === 0 ? text.byItselfNone : says.join(', ')}</span>
        </summary>
        <div class="stack apart-above">
          <label class="check">
            <input
              type="checkbox"
              checked={reminders !== undefined}
              onChange={({ currentTarget: { checked } }) =>
                change({ reminders: checked ? DEFAULT_REMINDERS : undefined })
              }
            />
            {text.remind}
          </label>
          {reminders !== undefined && (
            <div class="pair">
              <NumberField
                label={text.remindAfter}
                value={reminders.afterMinutes}
                min={1}
                max={10_080}
                onChange={(afterMinutes = reminders.afterMinutes) =>
                  change({ reminders: { ...reminders, afterMinutes } }, 'typed')
                }
              />
              <NumberField
                label={text.remindTimes}
                value={reminders.times}
                min={1}
                max={10}
                onChange={(times = reminders.times) =>
                  change({ reminders: { ...reminders, times } }, 'typed')
                }
              />
            </div>
          )}
          {escalations.map((escalation, no) => (
            <Notice
              key={no}
              no={no}
              of={escalation}
              form={form.value}
              groups={groups}
              fault={faultOf(noticeId(no))}
              onChange={next => put(escalations.map((one, at) => (at === no ? next : one)))}
              onRemove={() => put(escalations.filter((_, at) => at !== no))}
            />
          ))}
          {groups.length === 0 ? (
            <p class="hint">{text.noticeNoGroup}</p>
          ) : (
            escalations.length < MOST && (
              <button
                type="button"
                class="button quiet start"
                onClick={() => put([...escalations, freshFor(form.value)])}
              >
                {text.addNotice}
              </button>
            )
          )}
        </div>
      </details>
    </section>
  )
}

export const noticeId = (no: number): string => `c-notice-${no}`

/** Many who need help are what those on duty must know first. */
function freshFor({ replies, texts }: Form): Escalation {
  const urgent = replies.find(option => option.urgent)
  return {
    when: urgent === undefined ? 'noReplyAbove' : 'optionAbove',
    ...(urgent && { option: urgent.code }),
    percent: 5,
    afterMinutes: urgent === undefined ? 30 : 0,
    to: '',
    texts: texts.slice(0, 1).map(({ language }) => ({ language, sms: '' })),
  }
}

function Notice({
  no,
  of: escalation,
  form,
  groups,
  fault,
  onChange,
  onRemove,
}: {
  no: number
  of: Escalation
  form: Form
  groups: readonly GroupSummary[]
  fault: string | undefined
  onChange: (next: Escalation) => void
  onRemove: () => void
}) {
  const { compose: text } = composeWords()
  const { when, option, count, percent, afterMinutes, to, texts } = escalation
  const unit = percent === undefined ? 'count' : 'percent'
  const choose = (next: Escalation['when']) => {
    const { option: before, ...rest } = escalation
    const code = before ?? form.replies[0]?.code
    onChange({
      ...rest,
      when: next,
      ...(next !== 'noReplyAbove' && code !== undefined && { option: code }),
      // Whoever is asked once must have had time to answer.
      ...(next !== 'optionAbove' && afterMinutes === 0 && { afterMinutes: 30 }),
    })
  }
  const limit = (value: number | undefined, of: 'count' | 'percent') => {
    const { count: _count, percent: _percent, ...rest } = escalation
    onChange({ ...rest, ...(value !== undefined && { [of]: value }) })
  }
  const say = (language: string, sms: string) =>
    onChange({
      ...escalation,
      texts: [...texts.filter(one => one.language !== language), { language, sms }],
    })
  return (
    <fieldset class="field notice-rule" id={noticeId(no)} tabIndex={-1}>
      <legend>{text.notice(no + 1)}</legend>
      {fault && <span class="fault">{fault}</span>}
      <div class="pair">
        <Field label={text.noticeWhen}>
          <select
            value={when}
            onChange={({ currentTarget }) => choose(currentTarget.value as Escalation['when'])}
          >
            {WHEN.map(value => (
              <option key={value} value={value}>
                {text.noticeWhenOf[value]}
              </option>
            ))}
          </select>
        </Field>
        {when !== 'noReplyAbove' && (
          <Field label={text.noticeOption}>
            <select
              value={option ?? ''}
              onChange={({ currentTarget }) =>
                onChange({ ...escalation, option: currentTarget.value })
              }
            >
              {form.replies.map(({ code, label }) => (
                <option key={code} value={code}>
                  {code} {label}
                </option>
              ))}
            </select>
          </Field>
        )}
        <NumberField
          label={text.noticeLimit}
          value={count ?? percent}
          min={0}
          max={unit === 'percent' ? 100 : 2_000_000_000}
          onChange={value => limit(value, unit)}
        />
        <Field label={text.noticeUnit}>
          <select
            value={unit}
            onChange={({ currentTarget }) =>
              limit(count ?? percent, currentTarget.value === 'count' ? 'count' : 'percent')
            }
          >
            <option value="percent">{text.noticeUnits.percent}</option>
            <option value="count">{text.noticeUnits.count}</option>
          </select>
        </Field>
        <NumberField
          label={text.noticeAfter}
          value={afterMinutes}
          min={when === 'optionAbove' ? 0 : 1}
          max={10_080}
          onChange={(minutes = afterMinutes) => onChange({ ...escalation, afterMinutes: minutes })}
        />
        <Field label={text.noticeTo}>
          <select
            value={to}
            onChange={({ currentTarget }) => onChange({ ...escalation, to: currentTarget.value })}
          >
            <option value="">{text.noticeChoose}</option>
            {groups.map(({ id, name }) => (
              <option key={id} value={id}>
                {name}
              </option>
            ))}
          </select>
        </Field>
      </div>
      {form.texts.map(({ language }) => (
        <Field key={language} label={text.noticeText(languageName(language))}>
          <textarea
            rows={2}
            lang={language}
            dir="auto"
            value={texts.find(one => one.language === language)?.sms ?? ''}
            onInput={({ currentTarget }) => say(language, currentTarget.value)}
          />
        </Field>
      ))}
      <p class="hint">{text.noticeAnswer}</p>
      <button type="button" class="button quiet start" onClick={onRemove}>
        {text.removeNotice(no + 1)}
      </button>
    </fieldset>
  )
}

/** What is half typed, or none, changes nothing yet. */
function NumberField({
  label,
  value,
  min,
  max,
  onChange,
}: {
  label: string
  value: number | undefined
  min: number
  max: number
  onChange: (value: number | undefined) => void
}) {
  const [typed, setTyped] = useState(String(value ?? ''))
  useEffect(() => {
    if (typed !== '' && Number(typed) !== value) setTyped(String(value ?? ''))
  }, [value])
  const take = (next: string) => {
    setTyped(next)
    const number = Number(next)
    if (next === '') onChange(undefined)
    else if (number >= min && number <= max) onChange(number)
  }
  return (
    <Field label={label}>
      <input
        type="number"
        class="number-input"
        value={typed}
        min={min}
        max={max}
        onInput={({ currentTarget }) => take(currentTarget.value)}
      />
    </Field>
  )
}
