import { reportWords } from '../../i18n/reports.ts'
import { post } from '../../lib/api.ts'
import { useForm } from '../../lib/form.ts'
import { dayAndClock } from '../../lib/i18n.ts'
import { isIn } from '../../lib/session.ts'
import type { Report } from '../../lib/setting-types.ts'
import { Form } from '../../parts/Form.tsx'
import { TextInput } from '../../parts/inputs.tsx'

/** What people have to say about it, for the improvement plan (HSEEP). */
export function Notes({ of: { alert, timeline }, added }: { of: Report; added: () => void }) {
  const { report, reports } = reportWords()
  const notes = timeline.filter(({ event }) => event === 'noted')
  const form = useForm({
    start: { body: { text: '' } },
    async send({ text }) {
      await post(`/v1/alerts/${alert.id}/notes`, { text })
      added()
      return { body: { text: '' } }
    },
  })
  return (
    <section class="card stack">
      <h2>{report.notes.title}</h2>
      {notes.length === 0 ? (
        <p class="muted">{reports.notesNone}</p>
      ) : (
        <ul class="plain">
          {notes.map(({ at, operatorName, detail }) => (
            <li key={at}>
              <p class="note-text">{detail}</p>
              <p class="small muted">
                {operatorName ?? report.unnamed}, {dayAndClock(at)}
              </p>
            </li>
          ))}
        </ul>
      )}
      {isIn('author', 'approver', 'administrator') && (
        <Form of={form} action={reports.notesAdd} saved={reports.noteAdded}>
          <TextInput
            at="/text"
            label={reports.note}
            hint={reports.noteHint}
            rows={4}
            max={2000}
            empty=""
          />
        </Form>
      )}
    </section>
  )
}
