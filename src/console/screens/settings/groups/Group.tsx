import { useState } from 'preact/hooks'
import { settingsWords } from '../../../i18n/settings.ts'
import { call, get, patch, post, remove } from '../../../lib/api.ts'
import { type FormSettings, useForm } from '../../../lib/form.ts'
import { sayFault } from '../../../lib/faults.ts'
import { count } from '../../../lib/i18n.ts'
import { goTo, pathTo } from '../../../lib/place.ts'
import { changesOf, withoutEmpty } from '../../../lib/pointer.ts'
import { useResource } from '../../../lib/resource.ts'
import { isIn } from '../../../lib/session.ts'
import type { Group } from '../../../lib/setting-types.ts'
import { AreasShown } from '../../../parts/AreasShown.tsx'
import { BackTo } from '../../../parts/BackTo.tsx'
import { Form } from '../../../parts/Form.tsx'
import { Lines, RadioChoice, TextInput } from '../../../parts/inputs.tsx'
import { Loaded } from '../../../parts/Loaded.tsx'
import { Notice } from '../../../parts/Notice.tsx'
import { SureButton } from '../../../parts/SureButton.tsx'
import { bodyOf, draftOf, FRESH, type GroupDraft, pointerOf } from './draft.ts'
import { AreaFields, ExpressionFields, RuleFields } from './fields.tsx'
import { type GroupKind, kindOf } from './use-groups.ts'

const KINDS: readonly GroupKind[] = ['area', 'listed', 'rule', 'expression']

export function NewGroup() {
  const { groups } = settingsWords()
  return (
    <>
      <BackTo way={['settings', 'groups']}>{groups.title}</BackTo>
      <h1>{groups.add}</h1>
      <section class="card">
        <Fields
          action={groups.add}
          settings={{
            start: { body: FRESH },
            async send(draft) {
              const { id } = await post<Group>('/v1/groups', withoutEmpty(bodyOf(draft)))
              goTo(pathTo('settings', 'groups', id))
              return undefined
            },
            pointerOf,
          }}
        />
      </section>
    </>
  )
}

export function GroupPage({ id }: { id: string }) {
  const { groups } = settingsWords()
  const path = `/v1/groups/${id}`
  const group = useResource<Group>(path)
  const [warnings, setWarnings] = useState<Group['warnings']>([])
  const keptOf = (now: Group) => ({ body: draftOf(now), revision: now.revision })
  const leave = async () => {
    const { revision } = await get<Group>(path)
    await remove(path, { revision })
    goTo(pathTo('settings', 'groups'))
  }
  return (
    <>
      <BackTo way={['settings', 'groups']}>{groups.title}</BackTo>
      <Loaded of={group} what={groups.title}>
        {one => (
          <>
            <h1>{one.name}</h1>
            <p>
              {groups.kinds[kindOf(one)]}: <strong>{groups.memberCount(count(one.members))}</strong>
            </p>
            {warnings.length > 0 && (
              <Notice kind="warn">
                <p>{groups.cleaned}</p>
                <ul>
                  {warnings.map(fault => (
                    <li key={fault.pointer + fault.detail}>{sayFault(fault)}</li>
                  ))}
                </ul>
              </Notice>
            )}
            {one.area && (
              <section class="card">
                <AreasShown areas={[one.area]} label={groups.areaMap(one.name)} />
              </section>
            )}
            <section class="card">
              <Fields
                action={groups.save}
                settings={{
                  start: keptOf(one),
                  async send(draft, { body, revision }) {
                    const change = changesOf<object>(bodyOf(body), bodyOf(draft))
                    const now = await patch<Group>(path, change, { revision })
                    setWarnings(now.warnings)
                    group.set(now)
                    return keptOf(now)
                  },
                  load: async () => keptOf(await get<Group>(path)),
                  pointerOf,
                }}
              />
            </section>
            {kindOf(one) === 'listed' && <Members of={one} taken={now => group.set(now)} />}
            {isIn('administrator', 'author') && (
              <section class="card stack">
                <h2>{groups.remove}</h2>
                <p>{groups.removeText}</p>
                <SureButton question={groups.removeQuestion(one.name)} act={leave}>
                  {groups.remove}
                </SureButton>
              </section>
            )}
          </>
        )}
      </Loaded>
    </>
  )
}

function Members({ of: group, taken }: { of: Group; taken: (group: Group) => void }) {
  const { groups } = settingsWords()
  const path = `/v1/groups/${group.id}`
  const form = useForm({
    start: { body: { phones: [] as readonly string[] } },
    async send({ phones }) {
      // The group as it is now: its members are set as a whole, whatever its name has become.
      const { revision } = await get<Group>(path)
      taken(await call<Group>('PUT', `${path}/members`, { body: { phones }, revision }))
      return { body: { phones } }
    },
  })
  const phones = form.read('/phones') as readonly string[]
  return (
    <section class="card stack">
      <h2>{groups.membersTitle}</h2>
      <p>
        <a href={`${pathTo('settings', 'contacts')}?group=${group.id}`}>{groups.showMembers}</a>
      </p>
      {isIn('administrator', 'author') && (
        <Form of={form} action={groups.setMembers}>
          <Lines at="/phones" label={groups.phones} hint={groups.phonesHint} rows={8} optional />
          <p role="status">
            {form.isChanged &&
              (phones.length === 0 ? groups.noPhones : groups.willHave(count(phones.length)))}
          </p>
        </Form>
      )}
    </section>
  )
}

function Fields({ action, settings }: { action: string; settings: FormSettings<GroupDraft> }) {
  const { groups } = settingsWords()
  const form = useForm(settings)
  const isNew = settings.start.revision === undefined
  const kind = form.read('/kind') as GroupKind
  return (
    <Form
      of={form}
      action={action}
      saved={groups.saved}
      readOnly={!isIn('administrator', 'author')}
    >
      <TextInput at="/name" label={groups.name} hint={groups.nameHint} empty="" max={200} />
      <TextInput at="/description" label={groups.description} rows={2} max={1000} optional />
      {isNew && (
        <RadioChoice
          at="/kind"
          label={groups.kind}
          options={KINDS.map(value => ({
            value,
            label: groups.kinds[value],
            hint: groups.kinds[`${value}Hint`],
          }))}
        />
      )}
      {kind === 'area' && <AreaFields />}
      {kind === 'rule' && <RuleFields />}
      {kind === 'expression' && <ExpressionFields />}
    </Form>
  )
}
