import { composeWords } from '../../../i18n/compose.ts'
import { settingsWords } from '../../../i18n/settings.ts'
import { get, patch, post } from '../../../lib/api.ts'
import { type FormSettings, useForm } from '../../../lib/form.ts'
import { words } from '../../../lib/i18n.ts'
import { goTo, pathTo } from '../../../lib/place.ts'
import { changesOf, withoutEmpty } from '../../../lib/pointer.ts'
import { useResource } from '../../../lib/resource.ts'
import { isIn } from '../../../lib/session.ts'
import type { Template } from '../../../lib/setting-types.ts'
import { BackTo } from '../../../parts/BackTo.tsx'
import { Form } from '../../../parts/Form.tsx'
import {
  Choice,
  Choices,
  Flag,
  JsonInput,
  Lines,
  NumberInput,
  Rows,
  TextInput,
} from '../../../parts/inputs.tsx'
import { Loaded } from '../../../parts/Loaded.tsx'

const SEVERITIES = ['Extreme', 'Severe', 'Moderate', 'Minor', 'Unknown'] as const
const PARTS = ['headline', 'description', 'instruction'] as const

type Text = Template['texts'][number]
type Reply = Template['replies']['options'][number]
/** A member that is left empty is null here. */
type Draft = Pick<
  Template,
  | 'name'
  | 'languages'
  | 'blanks'
  | 'texts'
  | 'category'
  | 'event'
  | 'responseType'
  | 'urgency'
  | 'severity'
  | 'certainty'
  | 'replies'
  | 'delivery'
  | 'durationMinutes'
> & { readonly description: string | null; readonly within: object | null }

const FRESH: Draft = {
  name: '',
  description: null,
  languages: ['en-US'],
  blanks: [],
  texts: [{ language: 'en-US', sms: '' }],
  category: ['Safety'],
  event: '',
  responseType: [],
  urgency: 'Immediate',
  severity: 'Severe',
  certainty: 'Observed',
  replies: { options: [] },
  delivery: 'at-least-once',
  durationMinutes: 360,
  within: null,
}

function keptOf(template: Template) {
  const { name, languages, blanks, texts, category, event, responseType, urgency } = template
  const { severity, certainty, replies, delivery, durationMinutes, revision } = template
  const body: Draft = {
    name,
    description: template.description ?? null,
    languages,
    blanks,
    texts,
    category,
    event,
    responseType,
    urgency,
    severity,
    certainty,
    replies,
    delivery,
    durationMinutes,
    within: template.within ?? null,
  }
  return { body, revision }
}

/** Texts leave out what is empty. */
const bodyOf = ({ texts, ...rest }: Draft) => ({
  ...rest,
  texts: texts.map(text => withoutEmpty(text)),
})

export function NewTemplate() {
  const { templates } = settingsWords()
  return (
    <>
      <BackTo way={['settings', 'templates']}>{templates.title}</BackTo>
      <h1>{templates.add}</h1>
      <section class="card">
        <Fields
          action={templates.add}
          settings={{
            start: { body: FRESH },
            async send(draft) {
              const { id } = await post<Template>('/v1/templates', withoutEmpty(bodyOf(draft)))
              goTo(pathTo('settings', 'templates', id))
              return undefined
            },
          }}
        />
      </section>
    </>
  )
}

export function EditTemplate({ id }: { id: string }) {
  const { templates } = settingsWords()
  const path = `/v1/templates/${id}`
  const template = useResource<Template>(path)
  return (
    <>
      <BackTo way={['settings', 'templates', id]}>
        {template.data.value?.name ?? templates.title}
      </BackTo>
      <h1>{templates.edit}</h1>
      <section class="card">
        <Loaded of={template} what={templates.title} lines={8}>
          {one => (
            <Fields
              action={templates.save}
              settings={{
                start: keptOf(one),
                async send(draft, { body, revision }) {
                  const change = changesOf<object>(bodyOf(body), bodyOf(draft))
                  return keptOf(await patch<Template>(path, change, { revision }))
                },
                load: async () => keptOf(await get<Template>(path)),
              }}
            />
          )}
        </Loaded>
      </section>
    </>
  )
}

/** CAP 1.2 §3.2.2: the standard's words, in those of the console. */
const optionsOf = (labels: Readonly<Record<string, string>>) =>
  Object.entries(labels).map(([value, label]) => ({ value, label }))

function Fields({ action, settings }: { action: string; settings: FormSettings<Draft> }) {
  const { templates, feedRules } = settingsWords()
  const { categories } = composeWords().compose
  const { severity } = words().alerts
  const form = useForm(settings)
  return (
    <Form
      of={form}
      action={action}
      saved={templates.saved}
      readOnly={!isIn('administrator', 'author')}
    >
      <TextInput at="/name" label={templates.name} empty="" max={100} />
      <TextInput at="/description" label={templates.purpose} rows={2} max={1000} optional />
      <Lines at="/languages" label={templates.languages} hint={templates.languagesHint} rows={3} />
      <TextInput at="/event" label={templates.event} empty="" max={200} />
      <div class="fields">
        <Choice
          at="/severity"
          label={templates.severity}
          options={SEVERITIES.map(value => ({ value, label: severity[value] }))}
        />
        <Choice at="/urgency" label={templates.urgency} options={optionsOf(feedRules.urgency)} />
        <Choice
          at="/certainty"
          label={templates.certainty}
          options={optionsOf(feedRules.certainty)}
        />
        <NumberInput
          at="/durationMinutes"
          label={templates.duration}
          unit={templates.minutes}
          min={1}
        />
      </div>
      <div class="fields">
        <Choices at="/category" label={templates.category} options={optionsOf(categories)} />
        <Choices
          at="/responseType"
          label={templates.responseType}
          options={optionsOf(templates.responseTypes)}
          optional
        />
      </div>
      <TextRows />
      <JsonInput at="/blanks" label={templates.blanksJson} hint={templates.blanksHint} rows={8} />
      <ReplyRows />
      <Choice
        at="/delivery"
        label={templates.delivery}
        options={(['at-least-once', 'at-most-once'] as const).map(value => ({
          value,
          label: templates.deliveries[value],
        }))}
      />
      <JsonInput
        at="/within"
        label={templates.within}
        hint={templates.withinHint}
        rows={3}
        optional
      />
    </Form>
  )
}

function TextRows() {
  const { templates } = settingsWords()
  return (
    <Rows<Text>
      at="/texts"
      label={templates.textsOf}
      hint={templates.blanksHint}
      add={templates.addText}
      remove={templates.removeText}
      most={20}
      fresh={() => ({ language: '', sms: '' })}
    >
      {(at, { language }) => (
        <div class="stack all-columns">
          <TextInput at={`${at}/language`} label={templates.language} empty="" max={35} />
          <TextInput
            at={`${at}/sms`}
            label={templates.sms}
            rows={4}
            empty=""
            max={5000}
            lang={language}
          />
          <TextInput
            at={`${at}/cancel`}
            label={templates.cancel}
            rows={3}
            max={5000}
            lang={language}
            optional
          />
          <TextInput
            at={`${at}/allClear`}
            label={templates.allClear}
            rows={3}
            max={5000}
            lang={language}
            optional
          />
          {PARTS.map(part => (
            <TextInput
              key={part}
              at={`${at}/${part}`}
              label={templates[part]}
              rows={2}
              lang={language}
              optional
            />
          ))}
        </div>
      )}
    </Rows>
  )
}

function ReplyRows() {
  const { templates } = settingsWords()
  return (
    <Rows<Reply>
      at="/replies/options"
      label={templates.replies}
      add={templates.addReply}
      remove={templates.removeReply}
      most={20}
      fresh={() => ({ code: '', label: '', words: [], urgent: false })}
    >
      {at => (
        <>
          <TextInput at={`${at}/code`} label={templates.code} empty="" max={10} />
          <TextInput at={`${at}/label`} label={templates.label} empty="" max={100} />
          <Lines
            at={`${at}/words`}
            label={templates.words}
            hint={templates.wordsHint}
            rows={2}
            optional
          />
          <Flag at={`${at}/urgent`} label={templates.urgent} />
        </>
      )}
    </Rows>
  )
}
