import { useEffect, useRef, useState } from 'preact/hooks'
import type { z } from 'zod'
import { asMeasured, countLinks } from '../../../encoding/recipient-link.ts'
import { JOINED, measureText, SINGLE } from '../../../encoding/segments.ts'
import type { lintedSchema } from '../../../http/texts.ts'
import { type ComposeWords, composeWords } from '../../i18n/compose.ts'
import { post } from '../../lib/api.ts'
import { desk } from '../../lib/desk.ts'
import { languageName } from '../../lib/i18n.ts'
import type { Composition } from './composition.ts'
import type { Form, Text } from './form.ts'

type Linted = z.infer<typeof lintedSchema>['texts'][number]

const LINT_MS = 500

/** What people will read, a language a tab, with what it takes to carry it. */
export function Message({
  of: composition,
  faultOf,
}: {
  of: Composition
  faultOf: (field: string) => string | undefined
}) {
  const { compose: text } = composeWords()
  const { form, change } = composition
  const { texts, template } = form.value
  const [chosen, setChosen] = useState(0)
  const no = Math.min(chosen, texts.length - 1)
  const shown = texts[no]
  const places = placesOf(composition.form.value.areas, text)
  const linted = useLint(texts, places)
  const tabs = useRef<HTMLDivElement>(null)
  const words = useDrillWords(composition)
  if (shown === undefined) return null
  const write = (next: Partial<Text>) =>
    change({ texts: texts.map((one, at) => (at === no ? { ...one, ...next } : one)) }, 'typed')
  const turn = (event: KeyboardEvent) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key]
    if (step === undefined) return
    event.preventDefault()
    const next = (no + step + texts.length) % texts.length
    setChosen(next)
    tabs.current?.querySelectorAll<HTMLElement>('[role=tab]')[next]?.focus()
  }
  const word = words(shown.language)
  const isHeld = template !== undefined
  const linkUrl = desk.value.policy?.linkUrl ?? undefined
  const measured = (sms: string, language: string) =>
    asMeasured(withWord(words(language), sms), linkUrl)
  return (
    <section class="card" aria-labelledby="c-message">
      <h2 id="c-message">
        <span class="step">2</span> {text.message}
      </h2>
      <div class="tabs" role="tablist" aria-label={text.languages} ref={tabs} onKeyDown={turn}>
        {texts.map(({ language, sms }, at) => (
          <button
            key={language}
            type="button"
            role="tab"
            id={`c-tab-${language}`}
            aria-selected={at === no}
            aria-controls="c-text-panel"
            tabIndex={at === no ? 0 : -1}
            onClick={() => setChosen(at)}
          >
            <span lang={language}>{languageName(language)}</span>{' '}
            <span class="muted small">
              {sms === '' ? '–' : `${measureText(measured(sms, language)).segments} SMS`}
            </span>
          </button>
        ))}
      </div>
      <div
        id="c-text-panel"
        role="tabpanel"
        aria-labelledby={`c-tab-${shown.language}`}
        class="stack"
      >
        <div class="field">
          <label for="c-text">{text.text}</label>
          {word !== undefined && (
            <p class="drill-word" lang={shown.language}>
              <strong>{word}:</strong> <span class="hint">{text.drillWord}</span>
            </p>
          )}
          <textarea
            id="c-text"
            class="message-text"
            rows={5}
            lang={shown.language}
            dir="auto"
            value={shown.sms}
            readOnly={isHeld}
            aria-invalid={faultOf('c-text') === undefined ? undefined : 'true'}
            aria-describedby="c-text-hint"
            onInput={({ currentTarget }) => write({ sms: currentTarget.value })}
          />
          <span id="c-text-hint" class="hint">
            {isHeld ? text.isFilled : text.textHint}
          </span>
          {faultOf('c-text') && <span class="fault">{faultOf('c-text')}</span>}
        </div>
        {linkUrl !== undefined && !isHeld && (
          <OwnLink
            sms={shown.sms}
            segmentsOf={sms => measureText(measured(sms, shown.language)).segments}
            onInsert={sms => write({ sms })}
          />
        )}
        <Measure
          sms={measured(shown.sms, shown.language)}
          linted={linted[no]}
          onPlain={isHeld ? undefined : sms => write({ sms: withoutWord(word, sms) })}
        />
        <Findings linted={linted[no]} places={places} />
        {isHeld && (
          <div>
            <button
              type="button"
              class="button quiet"
              onClick={() => change({ template: undefined })}
            >
              {text.writeFreely}
            </button>
            <p class="hint">{text.writeFreelyHint}</p>
          </div>
        )}
        <details>
          <summary>
            <strong>{text.corrections}</strong>
          </summary>
          <div class="stack corrections">
            {(['cancel', 'allClear'] as const).map(kind => (
              <div key={kind} class="field">
                <label for={`c-${kind}`}>{text[kind]}</label>
                <textarea
                  id={`c-${kind}`}
                  rows={3}
                  lang={shown.language}
                  dir="auto"
                  value={shown[kind]}
                  readOnly={isHeld}
                  onInput={({ currentTarget }) => write({ [kind]: currentTarget.value })}
                />
                <span class="hint">
                  {shown[kind] === ''
                    ? text.missing
                    : text.segmentsEach(measureText(withWord(word, shown[kind])).segments)}
                </span>
              </div>
            ))}
          </div>
        </details>
      </div>
    </section>
  )
}

/** A link of each recipient's own, by which they confirm on the web; it says what it costs before it is there. */
function OwnLink({
  sms,
  segmentsOf,
  onInsert,
}: {
  sms: string
  segmentsOf: (sms: string) => number
  onInsert: (sms: string) => void
}) {
  const { compose: text } = composeWords()
  if (countLinks(sms) > 0) return <p class="hint">{text.linkIsIn}</p>
  const insert = () => {
    const field = document.getElementById('c-text') as HTMLTextAreaElement | null
    const at = field?.selectionEnd ?? sms.length
    const next = withMark(sms, at)
    onInsert(next)
    field?.focus()
    // After the text has been written anew.
    const after = next.length - (sms.length - at)
    requestAnimationFrame(() => field?.setSelectionRange(after, after))
  }
  return (
    <div>
      <button type="button" class="button quiet" onClick={insert}>
        {text.insertLink}
      </button>
      <p class="hint">{text.linkCosts(segmentsOf(sms), segmentsOf(withMark(sms, sms.length)))}</p>
    </div>
  )
}

/** Apart from what stands before and after it. */
function withMark(sms: string, at: number): string {
  const [before, after] = [sms.slice(0, at), sms.slice(at)]
  const [left, right] = [/\S$/.test(before) ? ' ' : '', /^\S/.test(after) ? ' ' : '']
  return `${before}${left}{link}${right}${after}`
}

/** How many SMS it takes, how much room is left, and what takes the room away. */
function Measure({
  sms,
  linted,
  onPlain,
}: {
  sms: string
  linted: Linted | undefined
  onPlain: ((sms: string) => void) | undefined
}) {
  const { compose: text } = composeWords()
  const { alphabet, units, segments, forcedBy } = measureText(sms)
  const capacity = (n: number) => (n === 1 ? SINGLE[alphabet] : n * JOINED[alphabet][1])
  const over = segments > 1 ? units - capacity(segments - 1) : 0
  const plain = linted?.asGsm7
  return (
    <div class="measure" role="status">
      <span>
        <strong>{text.segmentsEach(segments)}</strong>
      </span>
      <span>{text.units(units, capacity(segments))}</span>
      <span>{text.alphabet[alphabet]}</span>
      <span>{segments === 1 ? text.fits(1) : text.shorten(over, segments - 1)}</span>
      {forcedBy && (
        <span class="warn">
          <span aria-hidden="true">! </span>
          {text.forcedBy(forcedBy.slice(0, 8).join(' '))}
        </span>
      )}
      {forcedBy && plain && onPlain && plain.segments < segments && (
        <button type="button" class="button quiet" onClick={() => onPlain(plain.sms)}>
          {text.withoutAccents(plain.segments)}
        </button>
      )}
    </div>
  )
}

function Findings({ linted, places }: { linted: Linted | undefined; places: readonly string[] }) {
  const { compose: text } = composeWords()
  // The alphabet stands above, with what to do about it.
  const codes = linted?.findings.flatMap(({ code }) => (code === 'forces_ucs2' ? [] : [code])) ?? []
  if (codes.length === 0) return null
  const about: Partial<Record<(typeof codes)[number], string>> = {
    no_place: places.join(', '),
    no_sender: desk.value.organisation?.name ?? '',
    hard_to_read: String(linted?.grade ?? ''),
  }
  return (
    <div class="findings">
      <h3>{text.lint}</h3>
      <ul class="checks">
        {[...new Set(codes)].map(code => (
          <li key={code} data-kind="warn">
            <span class="mark" aria-hidden="true">
              !
            </span>
            <span>{text.findings[code](about[code] ?? '')}</span>
          </li>
        ))}
      </ul>
    </div>
  )
}

/** What people call the areas: not what we have called them until somebody does. */
function placesOf(areas: Form['areas'], text: ComposeWords['compose']): string[] {
  const ours = [text.drawn, text.typed, text.circleName].map(name => name(0).replace('0', ''))
  return areas
    .map(({ areaDesc }) => areaDesc)
    .filter(name => !ours.some(start => name.startsWith(start)))
    .map(name => name.split(',', 1)[0] ?? name)
}

/** What the server says of the texts, half a second after the last letter. */
function useLint(
  texts: readonly Text[],
  areaNames: readonly string[],
): readonly (Linted | undefined)[] {
  const [linted, setLinted] = useState<readonly Linted[]>([])
  const key = JSON.stringify([texts.map(({ language, sms }) => [language, sms]), areaNames])
  useEffect(() => {
    const written = texts.filter(({ sms }) => sms.trim() !== '')
    if (written.length === 0) return setLinted([])
    const timer = setTimeout(() => {
      const body = {
        texts: written.map(({ language, sms }) => ({ language, sms })),
        places: [...new Set(areaNames)],
      }
      post<{ texts: Linted[] }>('/v1/texts/lint', body).then(
        answer => setLinted(answer.texts),
        // It is advice: without it one writes on.
        () => undefined,
      )
    }, LINT_MS)
    return () => clearTimeout(timer)
  }, [key])
  return texts.map(({ language }) => linted.find(one => one.language === language))
}

/** The word that the server sets before each text of a drill. */
function useDrillWords({ status }: Composition): (language: string) => string | undefined {
  const known = desk.value.drillWords ?? []
  if (status === 'Actual') return () => undefined
  const primary = (tag: string) => tag.split('-', 1)[0]
  return language =>
    (
      known.find(one => one.language === language) ??
      known.find(one => primary(one.language) === primary(language))
    )?.exercise ?? 'EXERCISE'
}

function withWord(word: string | undefined, sms: string): string {
  return word === undefined || sms.startsWith(word) || sms === '' ? sms : `${word}: ${sms}`
}

function withoutWord(word: string | undefined, sms: string): string {
  return word !== undefined && sms.startsWith(`${word}: `) ? sms.slice(word.length + 2) : sms
}
