import { useState } from 'preact/hooks'
import { settingsWords } from '../i18n/settings.ts'
import { fieldId, useFormContext } from '../lib/form.ts'
import { cornersOf, type Outline, readOutline } from '../lib/outline.ts'
import { Field } from './Field.tsx'

/** An outline from a GeoJSON file or from the clipboard; what it holds is said in words. */
export function GeoJsonInput({ at, label, hint }: { at: string; label: string; hint?: string }) {
  const { geocodes: text } = settingsWords()
  const form = useFormContext()
  form.know(at, label, false)
  const id = fieldId(at)
  const outline = form.read(at) as Outline | null | undefined
  const [written, setWritten] = useState(outline ? JSON.stringify(outline) : '')
  const [isBroken, setBroken] = useState(false)
  const take = (next: string) => {
    setWritten(next)
    const read = next.trim() === '' ? null : readOutline(next)
    setBroken(read === undefined)
    if (read !== undefined) form.write(at, read)
  }
  return (
    <div class="stack">
      <Field label={label} hint={hint} fault={isBroken ? text.notGeoJson : form.faultAt(at)}>
        <textarea
          id={id}
          rows={4}
          class="mono"
          spellcheck={false}
          value={written}
          onInput={event => take(event.currentTarget.value)}
        />
      </Field>
      <label class="field">
        <span class="label">{text.file}</span>
        <input
          type="file"
          accept=".json,.geojson,application/geo+json,application/json"
          onChange={event => {
            const [file] = event.currentTarget.files ?? []
            void file?.text().then(take)
          }}
        />
      </label>
      <p class="small" role="status">
        {outline && !isBroken && text.outline(cornersOf(outline))}
      </p>
    </div>
  )
}
