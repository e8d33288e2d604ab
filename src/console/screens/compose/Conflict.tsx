import { useEffect, useRef } from 'preact/hooks'
import { composeWords } from '../../i18n/compose.ts'
import { languageName, span, words } from '../../lib/i18n.ts'
import { usePeople } from '../../lib/people.ts'
import type { Alert } from '../../lib/types.ts'
import type { Composition } from './composition.ts'
import { differences, formFromAlert } from './form.ts'

/** Somebody else has saved the draft meanwhile: who, what, and which of the two shall stand. */
export function Conflict({ of: composition, theirs }: { of: Composition; theirs: Alert }) {
  const { compose: text } = composeWords()
  const box = useRef<HTMLElement>(null)
  useEffect(() => box.current?.focus(), [])
  const last = theirs.history.at(-1)
  const who = usePeople()(last?.operatorId)
  const mine = composition.form.value
  const { texts, ...parts } = differences(mine, formFromAlert(theirs))
  const seconds = (Date.now() - Date.parse(theirs.updatedAt)) / 1000
  return (
    <section
      class="notice conflict"
      data-kind="warn"
      role="alert"
      tabIndex={-1}
      ref={box}
      aria-labelledby="conflict"
    >
      <h2 id="conflict">{text.conflictTitle}</h2>
      <p>{text.conflictWho(who ?? text.someone, words().everywhere.ago(span(seconds)))}</p>
      {texts.map(({ language, sms }) => (
        <div key={language} class="columns even">
          <div>
            <h3>
              {text.theirs} · {languageName(language)}
            </h3>
            <p class="diff" lang={language}>
              {sms}
            </p>
          </div>
          <div>
            <h3>
              {text.mine} · {languageName(language)}
            </h3>
            <p class="diff" lang={language}>
              {mine.texts.find(one => one.language === language)?.sms ?? '–'}
            </p>
          </div>
        </div>
      ))}
      <ul>
        {(Object.keys(text.differs) as (keyof typeof text.differs)[])
          .filter(part => parts[part])
          .map(part => (
            <li key={part}>{text.differs[part]}</li>
          ))}
      </ul>
      <div class="buttons">
        <button type="button" class="button" onClick={() => composition.takeTheirs()}>
          {text.takeTheirs}
        </button>
        <button type="button" class="button" onClick={() => void composition.keepMine()}>
          {text.keepMine}
        </button>
      </div>
    </section>
  )
}
