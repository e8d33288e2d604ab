import { settingsWords } from '../../../i18n/settings.ts'
import { get, patch, post, remove } from '../../../lib/api.ts'
import { type FormSettings, useForm } from '../../../lib/form.ts'
import { count } from '../../../lib/i18n.ts'
import { goTo, pathTo } from '../../../lib/place.ts'
import { useResource } from '../../../lib/resource.ts'
import { isIn } from '../../../lib/session.ts'
import type { Carrier } from '../../../lib/setting-types.ts'
import { BackTo } from '../../../parts/BackTo.tsx'
import { Form } from '../../../parts/Form.tsx'
import { RadioChoice, TextInput } from '../../../parts/inputs.tsx'
import { Loaded } from '../../../parts/Loaded.tsx'
import { SureButton } from '../../../parts/SureButton.tsx'
import { CarrierState } from './CarrierState.tsx'
import { type CarrierDraft, draftOf, editOf, FRESH, newBodyOf, PROTOCOLS } from './draft.ts'
import { CommonFields } from './CommonFields.tsx'
import { gatewayOf } from './gateways.ts'
import { HttpFields } from './HttpFields.tsx'
import { SmppFields } from './SmppFields.tsx'
import { SmtpFields } from './SmtpFields.tsx'
import { TwilioFields } from './TwilioFields.tsx'

const EVERY_MS = 3_000

export function NewCarrier() {
  const { carriers } = settingsWords()
  return (
    <>
      <BackTo way={['settings', 'carriers']}>{carriers.title}</BackTo>
      <h1>{carriers.add}</h1>
      <section class="card">
        <Fields
          action={carriers.add}
          settings={{
            start: { body: FRESH },
            async send(draft) {
              const { id } = await post<Carrier>('/v1/carriers', newBodyOf(draft))
              goTo(pathTo('settings', 'carriers', id))
              return undefined
            },
            pointerOf,
          }}
        />
      </section>
    </>
  )
}

/** Secrets are a record to the API, and rows here, or fields of the gateway that was chosen. */
const pointerOf = (pointer: string, { http }: CarrierDraft) =>
  gatewayOf(http.preset) === undefined
    ? pointer.replace(/^\/http\/secrets\/.*/, '/http/secrets')
    : pointer.replace(/^\/http\/secrets/, '/http/given')

export function CarrierPage({ id }: { id: string }) {
  const { carriers, settings } = settingsWords()
  const path = `/v1/carriers/${id}`
  const carrier = useResource<Carrier>(path, EVERY_MS)
  const keptOf = (now: Carrier) => ({ body: draftOf(now), revision: now.revision })
  const leave = async () => {
    await remove(path)
    goTo(pathTo('settings', 'carriers'))
  }
  const isAdministrator = isIn('administrator')
  return (
    <>
      <BackTo way={['settings', 'carriers']}>{carriers.title}</BackTo>
      <Loaded of={carrier} what={carriers.title}>
        {one => (
          <>
            <h1>{one.name}</h1>
            <section class="card">
              <dl class="facts">
                <dt>{settings.state}</dt>
                <dd>
                  <CarrierState of={one} />
                </dd>
                <dt>{carriers.speed}</dt>
                <dd>{carriers.speedOf(count(one.perSecond), count(one.segmentsPerSecond))}</dd>
                <dt>{carriers.inFlight}</dt>
                <dd>{count(one.inFlight)}</dd>
                {(one.protocol === 'http' || one.protocol === 'twilio') && (
                  <>
                    <dt>{carriers.webhookAddress}</dt>
                    <dd>
                      <code>{`${location.origin}${path}/webhook`}</code>
                    </dd>
                  </>
                )}
              </dl>
            </section>
            {isAdministrator && <Test path={path} />}
            <section class="card">
              <Fields
                action={carriers.save}
                settings={{
                  start: keptOf(one),
                  async send(draft, { body, revision }) {
                    const edit = editOf(body, draft)
                    return keptOf(await patch<Carrier>(path, edit, { revision }))
                  },
                  load: async () => keptOf(await get<Carrier>(path)),
                  pointerOf,
                }}
              />
            </section>
            {isAdministrator && (
              <section class="card stack">
                <h2>{carriers.remove}</h2>
                <SureButton question={carriers.removeQuestion(one.name)} act={leave}>
                  {carriers.remove}
                </SureButton>
              </section>
            )}
          </>
        )}
      </Loaded>
    </>
  )
}

function Test({ path }: { path: string }) {
  const { carriers } = settingsWords()
  const form = useForm({
    start: { body: { phone: '' } },
    async send({ phone }) {
      await post(`${path}/test`, { phone })
      return { body: { phone } }
    },
  })
  return (
    <section class="card stack">
      <h2>{carriers.test}</h2>
      <Form of={form} action={carriers.testSend} saved={carriers.testSent}>
        <p>{carriers.testText}</p>
        <TextInput at="/phone" label={carriers.testPhone} type="tel" empty="" max={40} />
      </Form>
    </section>
  )
}

function Fields({ action, settings }: { action: string; settings: FormSettings<CarrierDraft> }) {
  const { carriers } = settingsWords()
  const form = useForm(settings)
  const isNew = settings.start.revision === undefined
  const protocol = form.read('/protocol') as CarrierDraft['protocol']
  return (
    <Form of={form} action={action} saved={carriers.saved} readOnly={!isIn('administrator')}>
      {isNew && (
        <RadioChoice
          at="/protocol"
          label={carriers.protocol}
          options={PROTOCOLS.map(value => ({ value, label: carriers.protocols[value] }))}
        />
      )}
      <CommonFields isMail={protocol === 'smtp'} />
      <h2>{carriers.protocols[protocol]}</h2>
      {protocol === 'smpp' && <SmppFields isNew={isNew} />}
      {protocol === 'twilio' && <TwilioFields isNew={isNew} />}
      {protocol === 'http' && <HttpFields isNew={isNew} />}
      {protocol === 'smtp' && <SmtpFields isNew={isNew} />}
    </Form>
  )
}
