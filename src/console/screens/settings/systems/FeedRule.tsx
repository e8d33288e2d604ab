import { useEffect, useState } from 'preact/hooks'
import { settingsWords } from '../../../i18n/settings.ts'
import { useAct } from '../../../lib/act.ts'
import { call, get, getAll, post, remove } from '../../../lib/api.ts'
import { canonicalText } from '../../../lib/canonical.ts'
import { type FormSettings, useForm } from '../../../lib/form.ts'
import { dayAndClock, words } from '../../../lib/i18n.ts'
import { passkeyOver } from '../../../lib/passkeys.ts'
import { usePeople } from '../../../lib/people.ts'
import { useResource } from '../../../lib/resource.ts'
import type { Feed, FeedMessage, Template, TemplateSummary } from '../../../lib/setting-types.ts'
import { ownsPasskey } from '../../../lib/signer.ts'
import { Form } from '../../../parts/Form.tsx'
import { GeocodeInput } from '../../../parts/GeocodeInput.tsx'
import { GeoJsonInput } from '../../../parts/GeoJsonInput.tsx'
import {
  Choice,
  Choices,
  Lines,
  NumberInput,
  RadioChoice,
  TextInput,
} from '../../../parts/inputs.tsx'
import { Loaded } from '../../../parts/Loaded.tsx'
import { ProblemNotice } from '../../../parts/Notice.tsx'
import { SureButton } from '../../../parts/SureButton.tsx'
import { FeedMessages } from './FeedMessages.tsx'
import { draftOf, FRESH, pointerInForm, type RuleDraft, SOURCES, termsOf } from './rule-draft.ts'
import { STATUSES } from './statuses.ts'

const MSG_TYPES = ['Alert', 'Update', 'Cancel'] as const
const SEVERITIES = ['Extreme', 'Severe', 'Moderate', 'Minor', 'Unknown'] as const
const URGENCIES = ['Immediate', 'Expected', 'Future', 'Past', 'Unknown'] as const
const CERTAINTIES = ['Observed', 'Likely', 'Possible', 'Unlikely', 'Unknown'] as const
const TEXTS = ['message', 'template', 'messageElseTemplate'] as const
const TAKES_BACK = ['allClear', 'cancel'] as const

interface Messages {
  readonly items: readonly FeedMessage[]
}

/** By which rule what a feed brings is submitted, what it would do, and what has come. */
export function FeedRule({ feed, onChange }: { feed: Feed; onChange: (next: Feed) => void }) {
  const { feedRules } = settingsWords()
  const path = `/v1/feeds/${feed.id}`
  const messages = useResource<Messages>(`${path}/messages`, 10_000)
  const takeAway = async () => {
    await remove(`${path}/rule`)
    onChange(await get<Feed>(path))
  }
  return (
    <>
      <section class="card stack">
        <h2>{feedRules.title}</h2>
        <p>{feedRules.text}</p>
        <Standing feed={feed} />
        {feed.certificates.length === 0 ? (
          <p class="muted">{feedRules.needsCertificates}</p>
        ) : (
          <RuleForm feed={feed} onChange={onChange} />
        )}
        {feed.rule !== null && (
          <SureButton question={feedRules.removeQuestion} act={takeAway}>
            {feedRules.remove}
          </SureButton>
        )}
      </section>
      <section class="card stack">
        <h2>{feedRules.messages}</h2>
        <Loaded of={messages} what={feedRules.messages} lines={2}>
          {({ items }) => <FeedMessages of={items} became={feedRules.became} />}
        </Loaded>
      </section>
    </>
  )
}

function Standing({ feed: { rule, certificatesBy } }: { feed: Feed }) {
  const { feedRules } = settingsWords()
  const nameOf = usePeople()
  if (rule === null) return <p class="muted">{feedRules.none}</p>
  return (
    <>
      <dl class="facts">
        <dt>{feedRules.writtenBy}</dt>
        <dd>
          {nameOf(rule.writtenBy)}, {dayAndClock(rule.writtenAt)}
        </dd>
        <dt>{feedRules.pinnedBy}</dt>
        <dd>{nameOf(certificatesBy) ?? '–'}</dd>
      </dl>
      <p class="hint">{feedRules.hands}</p>
    </>
  )
}

function RuleForm({ feed, onChange }: { feed: Feed; onChange: (next: Feed) => void }) {
  const { feedRules, subscribers } = settingsWords()
  const { severity } = words().alerts
  const path = `/v1/feeds/${feed.id}`
  const [template, setTemplate] = useState<Template>()
  const [tried, setTried] = useState<readonly FeedMessage[]>()
  const { isBusy, problem, run } = useAct()
  const keptOf = ({ rule, revision }: Feed) => ({
    body: rule === null ? FRESH : draftOf(rule.terms),
    revision,
  })
  const settings: FormSettings<RuleDraft> = {
    start: keptOf(feed),
    pointerOf: pointerInForm,
    async send(draft) {
      const { revision } = await get<Feed>(path)
      const rule = termsOf(draft, template)
      const passkey = (await ownsPasskey())
        ? await passkeyOver(canonicalText({ feedId: feed.id, revision, rule }))
        : undefined
      const body = { rule, ...(passkey && { passkey }) }
      const next = await call<Feed>('PUT', `${path}/rule`, { body, revision })
      onChange(next)
      return keptOf(next)
    },
  }
  const form = useForm(settings)
  const draft = form.body as RuleDraft
  const hasTemplate = draft.texts !== 'message'
  const { templateId } = draft
  useEffect(() => {
    setTemplate(undefined)
    if (templateId === null) return
    get<Template>(`/v1/templates/${templateId}`).then(setTemplate, () => undefined)
  }, [templateId])
  const tryIt = () =>
    run(async () => {
      setTried(undefined)
      const rule = termsOf(draft, template)
      setTried((await post<Messages>(`${path}/rule/try`, { rule })).items)
    })
  return (
    <>
      <Form
        of={form}
        action={feed.rule === null ? feedRules.write : feedRules.rewrite}
        saved={feedRules.written}
        beside={
          <button type="button" class="button" aria-disabled={isBusy} onClick={() => void tryIt()}>
            {isBusy ? feedRules.trying : feedRules.try}
          </button>
        }
      >
        <Choices
          at="/statuses"
          label={feedRules.statuses}
          options={STATUSES.map(value => ({ value, label: subscribers.status[value] }))}
        />
        <Choices
          at="/msgTypes"
          label={feedRules.msgTypes}
          options={MSG_TYPES.map(value => ({ value, label: feedRules.msgType[value] }))}
        />
        <Lines at="/events" label={feedRules.events} hint={feedRules.eventsHint} optional />
        <div class="fields">
          <Choices
            at="/severities"
            label={feedRules.severities}
            options={SEVERITIES.map(value => ({ value, label: severity[value] }))}
          />
          <Choices
            at="/urgencies"
            label={feedRules.urgencies}
            options={URGENCIES.map(value => ({ value, label: feedRules.urgency[value] }))}
          />
          <Choices
            at="/certainties"
            label={feedRules.certainties}
            options={CERTAINTIES.map(value => ({ value, label: feedRules.certainty[value] }))}
          />
        </div>
        <GeocodeInput
          at="/jurisdiction/geocodes"
          label={feedRules.border}
          hint={feedRules.borderText}
        />
        <Outline />
        <div class="fields">
          <NumberInput at="/maxRecipients" label={feedRules.maxRecipients} min={1} />
          <NumberInput
            at="/maxHours"
            label={feedRules.maxHours}
            unit={feedRules.hours}
            min={1}
            max={8784}
          />
        </div>
        <RadioChoice
          at="/texts"
          label={feedRules.texts}
          options={TEXTS.map(value => ({
            value,
            label: feedRules.textsOf[value],
            hint: feedRules.textsHint[value],
          }))}
        />
        {hasTemplate && <OfTemplate template={template} draft={draft} />}
        {feed.rule !== null && <p class="hint">{feedRules.rewriteText}</p>}
      </Form>
      <ProblemNotice problem={problem} />
      {tried !== undefined && (
        <div class="stack" role="status">
          <h3>{feedRules.tried}</h3>
          <FeedMessages of={tried} became={feedRules.wouldBecome} />
          <p class="hint">{feedRules.triedText}</p>
        </div>
      )}
    </>
  )
}

function Outline() {
  const { people } = settingsWords()
  return (
    <GeoJsonInput at="/jurisdiction/geometry" label={people.outline} hint={people.outlineHint} />
  )
}

/** Which template, and what stands in its blanks; when it ends is the message's to say. */
function OfTemplate({ template, draft }: { template: Template | undefined; draft: RuleDraft }) {
  const { feedRules } = settingsWords()
  const [templates, setTemplates] = useState<readonly TemplateSummary[]>([])
  useEffect(
    () => void getAll<TemplateSummary>('/v1/templates').then(setTemplates, () => undefined),
    [],
  )
  const blanks = (template?.blanks ?? []).filter(blank => !('expires' in blank && blank.expires))
  return (
    <>
      <Choice
        at="/templateId"
        label={feedRules.template}
        options={templates.map(({ id, name }) => ({ value: id, label: name }))}
      />
      {blanks.map(({ name, label }) => (
        <div key={name} class="fields">
          <Choice
            at={`/blanks/${name}/from`}
            label={feedRules.blank(label)}
            options={SOURCES.map(value => ({ value, label: feedRules.from[value] }))}
            none={feedRules.usual}
            optional
          />
          {draft.blanks[name]?.from === 'fixed' && (
            <TextInput at={`/blanks/${name}/text`} label={feedRules.fixed(label)} max={200} />
          )}
        </div>
      ))}
      <RadioChoice
        at="/takesBack"
        label={feedRules.takesBack}
        options={TAKES_BACK.map(value => ({ value, label: feedRules.takesBackAs[value] }))}
      />
    </>
  )
}
