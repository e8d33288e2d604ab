import { settingsWords } from '../../../i18n/settings.ts'
import { post } from '../../../lib/api.ts'
import { useForm } from '../../../lib/form.ts'
import { dayAndClock } from '../../../lib/i18n.ts'
import { useResource } from '../../../lib/resource.ts'
import { isIn } from '../../../lib/session.ts'
import type { CapKey } from '../../../lib/setting-types.ts'
import { Empty } from '../../../parts/Empty.tsx'
import { Form } from '../../../parts/Form.tsx'
import { TimeInput } from '../../../parts/inputs.tsx'
import { Loaded } from '../../../parts/Loaded.tsx'

/** The organisation's keys; a new one is shown at once and signs later. */
export function CapKeys() {
  const { feeds } = settingsWords()
  const keys = useResource<{ items: readonly CapKey[] }>('/v1/cap-keys')
  const form = useForm<{ signsFrom: string | null }>({
    start: { body: { signsFrom: null } },
    async send({ signsFrom }) {
      await post('/v1/cap-keys', signsFrom === null ? {} : { signsFrom })
      await keys.refresh()
      return { body: { signsFrom: null } }
    },
  })
  return (
    <section class="card stack">
      <h2>{feeds.keys}</h2>
      <p>{feeds.keysText}</p>
      <Loaded of={keys} what={feeds.keys} lines={2}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty>{feeds.keysNone}</Empty>
          ) : (
            <table class="table rows">
              <thead>
                <tr>
                  <th scope="col">{feeds.fingerprint}</th>
                  <th scope="col">{feeds.signsFrom}</th>
                </tr>
              </thead>
              <tbody>
                {items.map(({ fingerprint, signsFrom }) => (
                  <tr key={fingerprint}>
                    <th scope="row" class="hash">
                      {fingerprint}
                    </th>
                    <td data-label={feeds.signsFrom}>{dayAndClock(signsFrom)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          )
        }
      </Loaded>
      {isIn('administrator') && (
        <details>
          <summary>{feeds.addKey}</summary>
          <Form of={form} action={feeds.addKey}>
            <TimeInput
              at="/signsFrom"
              label={feeds.signsFrom}
              hint={feeds.signsFromHint}
              optional
            />
          </Form>
        </details>
      )}
    </section>
  )
}
