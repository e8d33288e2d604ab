import { useMemo } from 'preact/hooks'
import { composeWords } from '../../i18n/compose.ts'
import { desk } from '../../lib/desk.ts'
import { clockShort, count, day, span, words, zone } from '../../lib/i18n.ts'
import { useResource } from '../../lib/resource.ts'
import type { Page, Severity } from '../../lib/types.ts'
import { instantOf, wallClockOf } from '../../lib/wall-clock.ts'
import { Field, Segments } from '../../parts/Field.tsx'
import { Severity as SeverityMark } from '../../parts/Severity.tsx'
import type { Composition } from './composition.ts'
import { emptyForm, endOf, type Form, SAFE_OR_HELP } from './form.ts'
import { pointsAt } from './pointed.ts'
import { type Blank, isOptional, takenFrom, type TemplateSummary } from './template.ts'

const SEVERITIES: readonly Severity[] = ['Extreme', 'Severe', 'Moderate', 'Minor']
const MINUTES = [60, 120, 180, 360, 720, 1440, 2880]

export interface GroupSummary {
  readonly id: string
  readonly name: string
  readonly members: number
  readonly area: Form['areas'][number] | null
}

/** What happens, how bad it is, whether people answer, and until when it holds. */
export function What({
  of: composition,
  templates,
  groups,
  faultOf,
}: {
  of: Composition
  templates: readonly TemplateSummary[]
  groups: readonly GroupSummary[]
  faultOf: (field: string) => string | undefined
}) {
  const { compose: text } = composeWords()
  const { form, change } = composition
  const { template: from, severity, event, category } = form.value
  const template = composition.template.value
  const choose = (id: string) => {
    const { areas, groups: chosen, texts } = form.value
    const summary = templates.find(one => one.id === id)
    if (summary === undefined) {
      // The texts stay as the template has made them, to go on from.
      change({ template: undefined })
      return
    }
    const { minutes } = emptyForm(texts.map(({ language }) => language))
    change({
      template: { id, version: summary.version, blanks: {} },
      event: summary.event,
      severity: summary.severity,
      minutes,
      areas,
      groups: chosen,
      // Chosen once more after free text: it is here already.
      ...(template?.id === id && takenFrom(template)),
    })
  }
  return (
    <section class="card" aria-labelledby="c-what">
      <h2 id="c-what">
        <span class="step">1</span> {text.what}
      </h2>
      <div class="stack">
        <Field label={text.template} fault={faultOf('c-template')} hint={template?.description}>
          <select
            id="c-template"
            value={from?.id ?? ''}
            onChange={({ currentTarget }) => choose(currentTarget.value)}
          >
            <option value="">{text.freeText}</option>
            {templates.map(({ id, name, isUsable }) => (
              <option key={id} value={id} disabled={!isUsable}>
                {isUsable ? name : `${name} (${text.notUsable})`}
              </option>
            ))}
          </select>
        </Field>
        {from !== undefined && template?.id === from.id && (
          <Blanks of={composition} blanks={template.blanks} faultOf={faultOf} />
        )}
        {from === undefined && (
          <div class="pair">
            <Field label={text.event} hint={text.eventHint} fault={faultOf('c-event')}>
              <input
                id="c-event"
                value={event}
                maxLength={200}
                onInput={({ currentTarget }) => change({ event: currentTarget.value }, 'typed')}
              />
            </Field>
            <Field label={text.category}>
              <select
                value={category[0]}
                onChange={({ currentTarget }) =>
                  change({ category: [currentTarget.value as (typeof category)[number]] })
                }
              >
                {Object.entries(text.categories).map(([value, label]) => (
                  <option key={value} value={value}>
                    {label}
                  </option>
                ))}
              </select>
            </Field>
          </div>
        )}
        <div
          onKeyDown={({ key }) => {
            const wanted = SEVERITIES[Number(key) - 1]
            if (wanted !== undefined) change({ severity: wanted })
          }}
        >
          <Segments<Severity>
            legend={text.severity}
            name="severity"
            value={severity}
            options={SEVERITIES.map(value => ({ value, label: <SeverityMark of={value} /> }))}
            onChoose={next => change({ severity: next })}
          />
        </div>
        <Replies of={composition} />
        <Ends of={composition} fault={faultOf('c-ends')} />
        <Groups of={composition} groups={groups} />
      </div>
    </section>
  )
}

function Blanks({
  of: { form, change },
  blanks,
  faultOf,
}: {
  of: Composition
  blanks: readonly Blank[]
  faultOf: (field: string) => string | undefined
}) {
  const { template: from } = form.value
  if (from === undefined) return null
  const write = (name: string, value: string | number | undefined) => {
    const { [name]: _before, ...others } = from.blanks
    const next = value === undefined || value === '' ? others : { ...others, [name]: value }
    change({ template: { ...from, blanks: next } }, 'typed')
  }
  return (
    <div class="blanks">
      {blanks.map(blank => (
        <Field
          key={blank.name}
          label={
            <>
              {blank.type === 'time' ? `${blank.label} (${zone()})` : blank.label}
              {isOptional(blank) && <span class="muted"> ({words().everywhere.optional})</span>}
            </>
          }
          fault={faultOf(`c-blank-${blank.name}`)}
        >
          <BlankInput
            id={`c-blank-${blank.name}`}
            blank={blank}
            value={from.blanks[blank.name]}
            onWrite={value => write(blank.name, value)}
          />
        </Field>
      ))}
    </div>
  )
}

function BlankInput({
  blank,
  value,
  onWrite,
  ...rest
}: {
  id: string
  blank: Blank
  value: unknown
  onWrite: (value: string | number | undefined) => void
}) {
  switch (blank.type) {
    case 'choice':
      return (
        <select
          {...rest}
          value={typeof value === 'string' ? value : (blank.default ?? '')}
          onChange={({ currentTarget }) => onWrite(currentTarget.value)}
        >
          <option value="" />
          {blank.choices.map(({ code, texts }) => (
            <option key={code} value={code}>
              {texts[0]?.text ?? code}
            </option>
          ))}
        </select>
      )
    case 'number':
      return (
        <input
          {...rest}
          type="number"
          min={blank.min}
          max={blank.max}
          step={10 ** -blank.decimals}
          value={typeof value === 'number' ? value : ''}
          placeholder={blank.default === undefined ? undefined : String(blank.default)}
          onInput={({ currentTarget: { value: typed } }) =>
            onWrite(typed === '' ? undefined : Number(typed))
          }
        />
      )
    case 'time':
      return (
        <input
          {...rest}
          type="datetime-local"
          value={typeof value === 'string' ? wallClockOf(value) : ''}
          onChange={({ currentTarget: { value: typed } }) => onWrite(instantOf(typed))}
        />
      )
    case 'place':
    case 'road':
    case 'name':
      return (
        <input
          {...rest}
          value={typeof value === 'string' ? value : ''}
          maxLength={blank.maxLength}
          autocomplete="off"
          placeholder={typeof blank.default === 'string' ? blank.default : undefined}
          onInput={({ currentTarget }) => onWrite(currentTarget.value)}
        />
      )
  }
}

function Replies({ of: { form, change, template } }: { of: Composition }) {
  const { compose: text } = composeWords()
  const { replies } = form.value
  const codes = (of: Form['replies']) => of.map(({ code, label }) => `${code}${label}`).join()
  const own = template.value?.replies.options ?? []
  const hasOwn = own.length > 0 && codes(own) !== codes(SAFE_OR_HELP)
  const kind =
    replies.length === 0 ? 'none' : hasOwn && codes(replies) === codes(own) ? 'own' : 'safe'
  return (
    <Segments<'safe' | 'none' | 'own'>
      legend={text.replies}
      name="replies"
      value={kind}
      options={[
        ...(hasOwn
          ? [
              {
                value: 'own' as const,
                label: own.map(one => `${one.code} ${one.label}`).join(' / '),
              },
            ]
          : [{ value: 'safe' as const, label: text.repliesSafe }]),
        { value: 'none', label: text.repliesNone },
      ]}
      onChoose={next =>
        change({ replies: next === 'none' ? [] : next === 'own' ? own : SAFE_OR_HELP })
      }
    />
  )
}

const moment = (at: string) => `${day(at)}, ${clockShort(at)} ${zone(at)}`

function Ends({
  of: { form, change, template },
  fault,
}: {
  of: Composition
  fault?: string | undefined
}) {
  const { compose: text } = composeWords()
  const { minutes, expires } = form.value
  const own = template.value?.durationMinutes
  const offered = [
    ...new Set([
      ...MINUTES,
      ...(own === undefined ? [] : [own]),
      ...(minutes === undefined ? [] : [minutes]),
    ]),
  ]
  const at = endOf(form.value, new Date())
  // No alert outlives its exercise.
  const { exercise } = desk.value
  const isCut = at !== undefined && exercise !== undefined && exercise.endsAt < at
  // Where a blank says when it ends, the text and the network must say the same time.
  if (
    form.value.template &&
    template.value?.blanks.some(one => one.type === 'time' && one.expires)
  ) {
    return null
  }
  return (
    <Field
      label={text.ends}
      fault={fault}
      hint={isCut ? text.endsWithExercise(moment(exercise.endsAt)) : at && text.endsAt(moment(at))}
    >
      <select
        id="c-ends"
        value={minutes ?? ''}
        onChange={({ currentTarget: { value } }) =>
          change({ minutes: value === '' ? undefined : Number(value) })
        }
      >
        {minutes === undefined && (
          <option value="">
            {text.endsKept(expires === undefined ? '–' : clockShort(expires))}
          </option>
        )}
        {offered
          .toSorted((a, b) => a - b)
          .map(value => (
            <option key={value} value={value}>
              {text.inSpan(span(value * 60))}
            </option>
          ))}
      </select>
    </Field>
  )
}

function Groups({
  of: { form, change },
  groups,
}: {
  of: Composition
  groups: readonly GroupSummary[]
}) {
  const { compose: text } = composeWords()
  const chosen = form.value.groups
  if (groups.length === 0) return null
  return (
    <details class="groups" open={chosen.length > 0}>
      <summary>
        <strong>{text.groups}</strong>{' '}
        <span class="muted">
          {chosen.length === 0 ? text.groupsNone : text.groupsChosen(chosen.length)}
        </span>
      </summary>
      <div class="stack">
        {groups.map(({ id, name, members }) => (
          <label key={id} class="check" {...pointsAt(id)}>
            <input
              type="checkbox"
              checked={chosen.includes(id)}
              onChange={({ currentTarget: { checked } }) =>
                change({ groups: checked ? [...chosen, id] : chosen.filter(one => one !== id) })
              }
            />
            <span>
              {name} <span class="muted">{text.members(count(members))}</span>
            </span>
          </label>
        ))}
      </div>
    </details>
  )
}

export function useTemplatesAndGroups() {
  const templates = useResource<Page<TemplateSummary>>('/v1/templates?limit=1000')
  const groups = useResource<Page<GroupSummary>>('/v1/groups?limit=1000')
  const [templateItems, groupItems] = [templates.data.value?.items, groups.data.value?.items]
  return useMemo(
    () => ({
      templates: templateItems ?? [],
      groups: groupItems ?? [],
    }),
    [templateItems, groupItems],
  )
}
