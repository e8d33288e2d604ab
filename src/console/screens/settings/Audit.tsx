import { useEffect, useMemo, useState } from 'preact/hooks'
import { settingsWords } from '../../i18n/settings.ts'
import { getAll } from '../../lib/api.ts'
import { dayAndClock } from '../../lib/i18n.ts'
import { usePages } from '../../lib/pages.ts'
import type { AuditEntry } from '../../lib/setting-types.ts'
import type { Operator } from '../../lib/types.ts'
import { Empty } from '../../parts/Empty.tsx'
import { Field } from '../../parts/Field.tsx'
import { PageList } from '../../parts/Pages.tsx'

/** The trail, newest first, in words. */
export function Audit() {
  const { audit } = settingsWords()
  const people = usePeople()
  const [operator, setOperator] = useState('')
  const [kind, setKind] = useState('')
  const [subject, setSubject] = useState('')
  const path = useMemo(() => {
    const query = new URLSearchParams({
      ...(operator && { operator }),
      ...(kind && { action: kind }),
      ...(subject && { subject }),
    })
    return `/v1/audit?${query}`
  }, [operator, kind, subject])
  const entries = usePages<AuditEntry>(path)
  const isWhole = operator === '' && kind === '' && subject === ''
  return (
    <>
      <h1>{audit.title}</h1>
      <p class="muted">{audit.intro}</p>
      <div class="filters">
        <Field label={audit.who}>
          <select value={operator} onChange={event => setOperator(event.currentTarget.value)}>
            <option value="">{audit.allPeople}</option>
            {[...people].map(([id, name]) => (
              <option key={id} value={id}>
                {name}
              </option>
            ))}
          </select>
        </Field>
        <Field label={audit.what}>
          <select value={kind} onChange={event => setKind(event.currentTarget.value)}>
            <option value="">{audit.everything}</option>
            {Object.entries(audit.kinds).map(([value, label]) => (
              <option key={value} value={value}>
                {label}
              </option>
            ))}
          </select>
        </Field>
        <Field label={audit.subject}>
          <input
            type="search"
            value={subject}
            onChange={event => setSubject(event.currentTarget.value.trim())}
          />
        </Field>
      </div>
      <section class="card">
        <PageList of={entries} what={audit.title} empty={<Empty>{audit.none}</Empty>}>
          {items => (
            <table class="table rows audit">
              <thead>
                <tr>
                  <th scope="col">{audit.when}</th>
                  <th scope="col">{audit.who}</th>
                  <th scope="col">{audit.what}</th>
                </tr>
              </thead>
              <tbody>
                {items.map((entry, no) => (
                  <Row
                    key={entry.seq}
                    entry={entry}
                    who={entry.operatorId === null ? audit.system : people.get(entry.operatorId)}
                    before={isWhole ? items[no + 1] : undefined}
                  />
                ))}
              </tbody>
            </table>
          )}
        </PageList>
      </section>
    </>
  )
}

function Row({
  entry,
  who,
  before,
}: {
  entry: AuditEntry
  who: string | undefined
  /** The entry below, where nothing was left out between. */
  before: AuditEntry | undefined
}) {
  const { audit } = settingsWords()
  const { seq, at, operatorId, action, subject, detail, hash, previousHash } = entry
  const isLinked = before === undefined || before.hash === previousHash
  return (
    <tr>
      <td class="nowrap">
        <time dateTime={at}>{dayAndClock(at)}</time>
      </td>
      <th scope="row">{who ?? operatorId?.slice(-12)}</th>
      <td>
        {audit.actions[action] ?? action}
        {!isLinked && <p class="fault">{audit.broken}</p>}
        <details>
          <summary class="small">{audit.details}</summary>
          <dl class="facts small">
            <dt>{audit.entry}</dt>
            <dd>
              {seq} · {action}
            </dd>
            <dt>{audit.subject}</dt>
            <dd class="hash">{subject}</dd>
            {Object.entries(detail).map(([name, value]) => (
              <>
                <dt key={name}>{name}</dt>
                <dd class="hash">{typeof value === 'string' ? value : JSON.stringify(value)}</dd>
              </>
            ))}
            <dt>{audit.hash}</dt>
            <dd class="hash">{hash}</dd>
            <dt>{audit.previous}</dt>
            <dd class="hash">
              {previousHash}
              {before !== undefined && isLinked && <div>✓ {audit.linked}</div>}
            </dd>
          </dl>
        </details>
      </td>
    </tr>
  )
}

function usePeople(): ReadonlyMap<string, string> {
  const [people, setPeople] = useState<ReadonlyMap<string, string>>(new Map())
  // Without the names the ends of their ids stand there.
  useEffect(() => {
    getAll<Operator>('/v1/operators').then(
      all => setPeople(new Map(all.map(({ id, name }) => [id, name]))),
      () => undefined,
    )
  }, [])
  return people
}
