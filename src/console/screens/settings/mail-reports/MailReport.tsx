import { useEffect, useState } from 'preact/hooks'
import { settingsWords } from '../../../i18n/settings.ts'
import { get, getAll, patch, post, remove } from '../../../lib/api.ts'
import { type FormSettings, useForm } from '../../../lib/form.ts'
import { dayAndClock } from '../../../lib/i18n.ts'
import { goTo, pathTo } from '../../../lib/place.ts'
import { changesOf } from '../../../lib/pointer.ts'
import { useResource } from '../../../lib/resource.ts'
import { isIn } from '../../../lib/session.ts'
import type { ReportSchedule } from '../../../lib/setting-types.ts'
import type { Operator } from '../../../lib/types.ts'
import { BackTo } from '../../../parts/BackTo.tsx'
import { Form } from '../../../parts/Form.tsx'
import { Choice, Choices, Flag, NumberInput, RadioChoice } from '../../../parts/inputs.tsx'
import { Loaded } from '../../../parts/Loaded.tsx'
import { SureButton } from '../../../parts/SureButton.tsx'
import { STATUSES } from '../systems/statuses.ts'

const KINDS = ['statistics', 'acknowledgement'] as const
const PERIODS = ['week', 'month'] as const
const LANGUAGES = ['en', 'es'] as const

type Draft = Pick<
  ReportSchedule,
  'kind' | 'every' | 'hoursAfterEnd' | 'statuses' | 'operatorIds' | 'enabled'
> & { readonly language: string }

const FRESH: Draft = {
  kind: 'statistics',
  every: 'week',
  hoursAfterEnd: 24,
  statuses: ['Actual'],
  operatorIds: [],
  language: 'en',
  enabled: true,
}

function keptOf({ revision, ...schedule }: ReportSchedule) {
  const { kind, every, hoursAfterEnd, statuses, operatorIds, language, enabled } = schedule
  const body: Draft = { kind, every, hoursAfterEnd, statuses, operatorIds, language, enabled }
  return { body, revision }
}

/** Without what is the other kind's. */
function bodyOf({ kind, every, hoursAfterEnd, ...rest }: Draft) {
  return kind === 'statistics' ? { ...rest, kind, every } : { ...rest, kind, hoursAfterEnd }
}

export function NewMailReport() {
  const { mailReports } = settingsWords()
  return (
    <>
      <BackTo way={['settings', 'mail-reports']}>{mailReports.title}</BackTo>
      <h1>{mailReports.add}</h1>
      <section class="card">
        <Fields
          action={mailReports.add}
          isNew
          settings={{
            start: { body: FRESH },
            async send(draft) {
              const { id } = await post<ReportSchedule>('/v1/report-schedules', bodyOf(draft))
              goTo(pathTo('settings', 'mail-reports', id))
              return undefined
            },
          }}
        />
      </section>
    </>
  )
}

export function MailReportPage({ id }: { id: string }) {
  const { mailReports } = settingsWords()
  const path = `/v1/report-schedules/${id}`
  const schedule = useResource<ReportSchedule>(path, 10_000)
  const leave = async () => {
    await remove(path)
    goTo(pathTo('settings', 'mail-reports'))
  }
  return (
    <>
      <BackTo way={['settings', 'mail-reports']}>{mailReports.title}</BackTo>
      <Loaded of={schedule} what={mailReports.title}>
        {one => (
          <>
            <h1>{mailReports.kinds[one.kind]}</h1>
            <Outcome of={one} />
            <section class="card">
              <Fields
                action={mailReports.save}
                settings={{
                  start: keptOf(one),
                  async send(draft, { body, revision }) {
                    const change = changesOf<object>(bodyOf(body), bodyOf(draft))
                    return keptOf(await patch<ReportSchedule>(path, change, { revision }))
                  },
                  load: async () => keptOf(await get<ReportSchedule>(path)),
                }}
              />
            </section>
            {isIn('administrator') && (
              <section class="card stack">
                <h2>{mailReports.remove}</h2>
                <SureButton question={mailReports.removeQuestion} act={leave}>
                  {mailReports.remove}
                </SureButton>
              </section>
            )}
          </>
        )}
      </Loaded>
    </>
  )
}

function Outcome({ of: { nextAt, latest } }: { of: ReportSchedule }) {
  const { mailReports } = settingsWords()
  return (
    <section class="card">
      <dl class="facts">
        {nextAt !== null && (
          <>
            <dt>{mailReports.next}</dt>
            <dd>{dayAndClock(nextAt)}</dd>
          </>
        )}
        <dt>{mailReports.latest}</dt>
        <dd>
          {latest === null
            ? mailReports.latestNone
            : `${dayAndClock(latest.at)}: ${
                latest.failure === null
                  ? mailReports.letters(latest.sent, latest.waiting, latest.failed)
                  : mailReports.failure(latest.failure)
              }`}
        </dd>
      </dl>
    </section>
  )
}

function Fields({
  action,
  settings,
  isNew = false,
}: {
  action: string
  settings: FormSettings<Draft>
  isNew?: boolean
}) {
  const { mailReports, subscribers } = settingsWords()
  const form = useForm(settings)
  const [operators, setOperators] = useState<readonly Operator[]>([])
  useEffect(() => {
    getAll<Operator>('/v1/operators').then(
      all =>
        setOperators(
          all.filter(({ disabledAt, feedId }) => disabledAt === null && feedId === null),
        ),
      () => undefined,
    )
  }, [])
  const kind = form.read('/kind')
  return (
    <Form of={form} action={action} saved={mailReports.saved} readOnly={!isIn('administrator')}>
      {isNew && (
        <RadioChoice
          at="/kind"
          label={mailReports.kind}
          options={KINDS.map(value => ({
            value,
            label: mailReports.kinds[value],
            hint: mailReports.kindHints[value],
          }))}
        />
      )}
      {kind === 'statistics' ? (
        <Choice
          at="/every"
          label={mailReports.every}
          options={PERIODS.map(value => ({ value, label: mailReports.periods[value] }))}
        />
      ) : (
        <NumberInput
          at="/hoursAfterEnd"
          label={mailReports.hoursAfterEnd}
          unit={mailReports.hours}
          min={0}
          max={720}
        />
      )}
      <Choices
        at="/operatorIds"
        label={mailReports.to}
        hint={mailReports.toHint}
        options={operators.map(({ id, name, email }) => ({ value: id, label: name, hint: email }))}
      />
      <Choices
        at="/statuses"
        label={mailReports.statuses}
        options={STATUSES.map(value => ({ value, label: subscribers.status[value] }))}
      />
      <Choice
        at="/language"
        label={mailReports.language}
        options={LANGUAGES.map(value => ({ value, label: mailReports.languages[value] }))}
      />
      <Flag at="/enabled" label={mailReports.enabled} />
    </Form>
  )
}
