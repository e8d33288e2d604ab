import { useState } from 'preact/hooks'
import { settingsWords } from '../../i18n/settings.ts'
import { useAct } from '../../lib/act.ts'
import { post } from '../../lib/api.ts'
import { useForm } from '../../lib/form.ts'
import { dayAndClock } from '../../lib/i18n.ts'
import { usePages } from '../../lib/pages.ts'
import { withoutEmpty } from '../../lib/pointer.ts'
import { isIn } from '../../lib/session.ts'
import type { Consent, Reply } from '../../lib/setting-types.ts'
import { Dialog } from '../../parts/Dialog.tsx'
import { Empty } from '../../parts/Empty.tsx'
import { Field, Segments } from '../../parts/Field.tsx'
import { Form } from '../../parts/Form.tsx'
import { Choice, Flag, Lines, TextInput } from '../../parts/inputs.tsx'
import { ProblemNotice } from '../../parts/Notice.tsx'
import { PageList } from '../../parts/Pages.tsx'
import { ConsentTable } from './contacts/ConsentTable.tsx'

const SCOPES = ['nonEmergency', 'category', 'otherCategories', 'all', 'carrier'] as const

/** What stands, or all that was ever said. */
const SHOWN = ['standing', 'history'] as const
type Shown = (typeof SHOWN)[number]

interface OptOutDraft {
  readonly phone: string
  readonly scope: (typeof SCOPES)[number]
  readonly category: string | null
  readonly categories: readonly string[]
  readonly confirmed: boolean
  readonly reason: string
}

/** Who wants no messages; and texts that may say so, which are all that is shown to an approver. */
export function OptOuts() {
  const { optOuts } = settingsWords()
  if (isIn('administrator', 'author', 'viewer', 'auditor')) return <Listed />
  return (
    <>
      <h1>{optOuts.title}</h1>
      <Review />
    </>
  )
}

function Listed() {
  const { optOuts, contacts } = settingsWords()
  const [phone, setPhone] = useState('')
  const [scope, setScope] = useState('')
  const [isAdding, setAdding] = useState(false)
  const [lifting, setLifting] = useState<Consent>()
  const [shown, setShown] = useState<Shown>('standing')
  const isHistory = shown === 'history'
  const ofPhone = { ...(phone && { phone }) }
  const found = usePages<Consent>(
    isHistory
      ? `/v1/consents?${new URLSearchParams(ofPhone)}`
      : `/v1/opt-outs?${new URLSearchParams({ ...ofPhone, ...(scope && { scope }) })}`,
  )
  const find = (event: SubmitEvent) => {
    event.preventDefault()
    const given = new FormData(event.currentTarget as HTMLFormElement).get('phone')
    setPhone(typeof given === 'string' ? given.trim() : '')
  }
  const mayChange = isIn('administrator', 'author')
  const close = () => {
    setAdding(false)
    setLifting(undefined)
    void found.refresh()
  }
  return (
    <>
      <div class="screen-head">
        <h1>{optOuts.title}</h1>
        {mayChange && (
          <button type="button" class="button primary" onClick={() => setAdding(true)}>
            {optOuts.add}
          </button>
        )}
      </div>
      <p class="muted">{optOuts.intro}</p>
      {(mayChange || isIn('approver')) && <Review judged={() => void found.refresh()} />}
      <form class="filters" onSubmit={find}>
        <Field label={optOuts.findPhone}>
          <input name="phone" type="search" inputMode="tel" />
        </Field>
        <button type="submit" class="button">
          {contacts.find}
        </button>
        <Segments<Shown>
          legend={optOuts.show}
          name="consents"
          value={shown}
          options={SHOWN.map(value => ({ value, label: optOuts.shown[value] }))}
          onChoose={setShown}
        />
        {!isHistory && (
          <Field label={optOuts.kind}>
            <select value={scope} onChange={event => setScope(event.currentTarget.value)}>
              <option value="">{optOuts.allKinds}</option>
              {SCOPES.map(value => (
                <option key={value} value={value}>
                  {optOuts.scope[value]}
                </option>
              ))}
            </select>
          </Field>
        )}
      </form>
      <section class="card">
        <PageList of={found} what={optOuts.title} empty={<Empty>{optOuts.none}</Empty>}>
          {items => (
            <ConsentTable
              of={items}
              showsAct={isHistory}
              {...(mayChange &&
                !isHistory && {
                  act: (consent: Consent) => (
                    <button type="button" class="button quiet" onClick={() => setLifting(consent)}>
                      {optOuts.lift}
                    </button>
                  ),
                })}
            />
          )}
        </PageList>
      </section>
      {isAdding && (
        <Dialog title={optOuts.add} onClose={close}>
          <Enter done={close} />
        </Dialog>
      )}
      {lifting && (
        <Dialog title={optOuts.liftTitle(lifting.phone)} onClose={close}>
          <Lift consent={lifting} done={close} />
        </Dialog>
      )}
    </>
  )
}

function Enter({ done }: { done: () => void }) {
  const { optOuts } = settingsWords()
  const form = useForm<OptOutDraft>({
    start: {
      body: {
        phone: '',
        scope: 'nonEmergency',
        category: null,
        categories: [],
        confirmed: false,
        reason: '',
      },
    },
    async send({ scope, category, categories, confirmed, ...rest }) {
      await post('/v1/opt-outs', {
        ...rest,
        scope,
        ...(scope === 'category' && withoutEmpty({ category })),
        ...(scope === 'otherCategories' && { categories }),
        ...(scope === 'all' && { confirmed }),
      })
      done()
      return undefined
    },
  })
  const scope = form.read('/scope')
  return (
    <Form of={form} action={optOuts.add}>
      <p>{optOuts.addText}</p>
      <TextInput at="/phone" label={optOuts.phone} type="tel" empty="" max={40} />
      <Choice
        at="/scope"
        label={optOuts.kind}
        options={SCOPES.slice(0, 4).map(value => ({ value, label: optOuts.scope[value] }))}
      />
      {scope === 'category' && (
        <TextInput at="/category" label={optOuts.category} hint={optOuts.categoryHint} />
      )}
      {scope === 'otherCategories' && (
        <Lines
          at="/categories"
          label={optOuts.categories}
          hint={`${optOuts.categoriesHint} ${optOuts.categoryHint}`}
        />
      )}
      {scope === 'all' && <Flag at="/confirmed" label={optOuts.confirmed} />}
      <TextInput at="/reason" label={optOuts.reason} empty="" max={500} />
    </Form>
  )
}

function Lift({ consent, done }: { consent: Consent; done: () => void }) {
  const { optOuts } = settingsWords()
  const { phone, scope, category, categories, carrierId } = consent
  const form = useForm({
    start: { body: { reason: '' } },
    async send({ reason }) {
      await post('/v1/opt-outs/lift', {
        phone,
        scope,
        reason,
        ...(scope === 'category' && { category }),
        ...(scope === 'otherCategories' && { categories }),
        ...(scope === 'carrier' && { carrierId }),
      })
      done()
      return undefined
    },
  })
  return (
    <Form of={form} action={optOuts.lift}>
      <p>{optOuts.scope[scope]}</p>
      <TextInput at="/reason" label={optOuts.liftReason} empty="" max={500} />
    </Form>
  )
}

function Review({ judged }: { judged?: () => void }) {
  const { optOuts } = settingsWords()
  const replies = usePages<Reply>('/v1/replies?list=review')
  const { isBusy, problem, run } = useAct()
  const judge = (id: string, optOut: boolean) =>
    run(async () => {
      await post(`/v1/replies/${id}/review`, { optOut })
      await replies.refresh()
      judged?.()
    })
  return (
    <section class="card stack">
      <h2>{optOuts.review}</h2>
      <p class="muted">{optOuts.reviewText}</p>
      <ProblemNotice problem={problem} />
      <PageList of={replies} what={optOuts.review} empty={<Empty>{optOuts.reviewNone}</Empty>}>
        {items => (
          <ul class="plain">
            {items.map(({ id, phone, text, receivedAt }) => (
              <li key={id} class="form-row">
                <div>
                  <strong>“{text}”</strong>
                  <div class="small muted">
                    {phone}, {dayAndClock(receivedAt)}
                  </div>
                </div>
                <div class="buttons">
                  <button
                    type="button"
                    class="button"
                    aria-disabled={isBusy}
                    onClick={() => void judge(id, true)}
                  >
                    {optOuts.isOptOut}
                  </button>
                  <button
                    type="button"
                    class="button"
                    aria-disabled={isBusy}
                    onClick={() => void judge(id, false)}
                  >
                    {optOuts.isNone}
                  </button>
                </div>
              </li>
            ))}
          </ul>
        )}
      </PageList>
    </section>
  )
}
