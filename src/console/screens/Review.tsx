import { useEffect, useRef, useState } from 'preact/hooks'
import { composeWords } from '../i18n/compose.ts'
import { get, post } from '../lib/api.ts'
import { useAct } from '../lib/act.ts'
import { useGeometries } from '../lib/geometries.ts'
import { useHotkeys } from '../lib/hotkeys.ts'
import { type ApiFault, sayFault } from '../lib/faults.ts'
import { count, dayAndClock, languageName, span, words, zone } from '../lib/i18n.ts'
import { type KeptKey, signContent } from '../lib/keys.ts'
import { passkeyOver } from '../lib/passkeys.ts'
import { goTo, pathTo, place, type ScreenProps } from '../lib/place.ts'
import type { Alert } from '../lib/types.ts'
import { AreaMap } from '../parts/AreaMap.tsx'
import { type Check, Checks } from '../parts/Checks.tsx'
import { useModeOfPage } from '../parts/Frame.tsx'
import { Notice, ProblemNotice } from '../parts/Notice.tsx'
import { PhonePreview } from '../parts/PhonePreview.tsx'
import { Severity } from '../parts/Severity.tsx'
import { SigningKey } from '../parts/SigningKey.tsx'
import { Waiting } from '../parts/Waiting.tsx'
import { followUpsOf } from './alert/said.ts'
import { FollowUps, SaidBeside } from './alert/Texts.tsx'
import { Profiles } from './review/Profiles.tsx'
import { areaKm2 } from './compose/areas.ts'
import { sizeOf } from './compose/AreaList.tsx'
import type { Estimate } from './compose/composition.ts'
import {
  type AlertContent,
  hasSameAreas,
  readSignedBytes,
  type SignedBytes,
} from './compose/content.ts'

interface Read {
  readonly alert: Alert
  readonly signed: SignedBytes
  readonly estimate: Estimate
  readonly hasPasskey: boolean
}

/** S4: what will be signed, as a phone and a map show it, read from the bytes themselves; then it is signed. */
export function Review({ way }: ScreenProps) {
  const { review: text } = composeWords()
  const [alertId = ''] = way
  const [read, setRead] = useState<Read>()
  const [problem, setProblem] = useState<unknown>()
  useModeOfPage(text.title)
  const load = async () => {
    setProblem(undefined)
    setRead(undefined)
    try {
      const [alert, signed, estimate, passkeys] = await Promise.all([
        get<Alert>(`/v1/alerts/${alertId}`),
        readSignedBytes(alertId),
        get<Estimate>(`/v1/alerts/${alertId}/estimate`),
        get<{ items: { revokedAt?: string | null }[] }>('/v1/me/passkeys'),
      ])
      const hasPasskey = passkeys.items.some(({ revokedAt }) => (revokedAt ?? null) === null)
      setRead({ alert, signed, estimate, hasPasskey })
    } catch (error) {
      setProblem(error)
    }
  }
  useEffect(() => void load(), [alertId])
  useHotkeys({
    escape: () => goTo(pathTo('alerts', alertId, 'edit')),
  })
  if (problem !== undefined) return <ProblemNotice problem={problem} retry={() => void load()} />
  if (read === undefined) return <Waiting lines={8} what={text.title} />
  return <Page read={read} onReadAgain={() => void load()} />
}

function Page({ read, onReadAgain }: { read: Read; onReadAgain: () => void }) {
  const { review: text } = composeWords()
  const { alert, signed, estimate, hasPasskey } = read
  const { content } = signed
  const [ticked, setTicked] = useState<ReadonlySet<number>>(new Set())
  const [key, setKey] = useState<KeptKey>()
  const [refused, setRefused] = useState<string>()
  const { isBusy, problem, run } = useAct()
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => heading.current?.focus(), [])
  const outlines = useGeometries(content.areas)

  const isDrill = content.mode === 'exercise'
  const phones = words().alerts.phones(estimate.recipients, count(estimate.recipients))
  const isRead = content.texts.every(({ no }) => ticked.has(no))
  const checks = checksOf(read, isRead)
  const isSound = checks.every(({ kind }) => kind !== 'error')

  const signs = content.secondPerson
    ? isDrill
      ? text.signExercise
      : text.sign
    : isDrill
      ? text.signExerciseAlone
      : text.signAlone

  const sign = async () => {
    setRefused(undefined)
    if (!isSound) return setRefused(text.untilMended)
    if (!isRead) return setRefused(text.untilRead)
    if (key === undefined) return setRefused(text.untilKey)
    const isDone = await run(async () => {
      const { signature, signingInput } = await signContent(key, signed.bytes, 'author')
      const passkey = hasPasskey ? await passkeyOver(signingInput) : undefined
      await post(
        `/v1/alerts/${alert.id}/submit`,
        { signature, ...(passkey && { passkey }) },
        { revision: content.revision },
      )
    })
    if (isDone) goTo(pathTo('alerts', alert.id), 'replace')
  }
  return (
    <div class="stack review">
      <div>
        <h1 ref={heading} tabIndex={-1}>
          {isDrill ? text.exercise(phones) : text.live(phones)}
        </h1>
        <p class="muted">
          {text.fromBytes} <span class="mono small digest">{text.digest(signed.digest)}</span>
        </p>
      </div>
      <div class="columns">
        <div class="stack">
          <section class="card" aria-labelledby="r-message">
            <div class="row apart">
              <h2 id="r-message">{text.message}</h2>
              <Severity of={content.severity} />
            </div>
            <div class="phones">
              {content.texts.map(({ no, language, sms }) => (
                <PhonePreview key={no} text={{ language, sms }} linkBase={content.link?.base}>
                  <label class="check read-tick">
                    <input
                      type="checkbox"
                      checked={ticked.has(no)}
                      onChange={({ currentTarget: { checked } }) => {
                        const next = new Set(ticked)
                        if (checked) next.add(no)
                        else next.delete(no)
                        setTicked(next)
                      }}
                    />
                    {text.read(languageName(language))}
                  </label>
                </PhonePreview>
              ))}
            </div>
            <SaidBeside content={content} />
            <Corrections content={content} />
            <FollowUps all={laterOf(content)} />
          </section>
          <section class="card" aria-labelledby="r-checks">
            <h2 id="r-checks">{text.checks}</h2>
            <Checks checks={checks} />
          </section>
        </div>
        <div class="stack">
          <section class="card" aria-labelledby="r-area">
            <h2 id="r-area">{text.area}</h2>
            {content.areas.length > 0 ? (
              <>
                <AreaMap areas={outlines} label={text.area} />
                <ul class="area-names">
                  {content.areas.map((area, no) => (
                    <li key={no}>
                      {area.areaDesc} <span class="muted">{sizeOf(area)}</span>
                    </li>
                  ))}
                </ul>
              </>
            ) : (
              <p>{text.areaNone}</p>
            )}
          </section>
          <section class="card" aria-labelledby="r-numbers">
            <h2 id="r-numbers">{text.numbers}</h2>
            <Numbers content={content} estimate={estimate} />
          </section>
          <Profiles alertId={alert.id} languages={alert.info.map(({ language }) => language)} />
        </div>
      </div>
      <section class="card stack sign-card">
        <SigningKey
          quiet
          onStanding={standing => setKey(standing.kind === 'works' ? standing.key : undefined)}
        />
        <ProblemNotice problem={problem} />
        {problem !== undefined && (
          <button type="button" class="button quiet start" onClick={onReadAgain}>
            {text.readAgain}
          </button>
        )}
        {refused && (
          <Notice kind="warn" urgent>
            <p>{refused}</p>
          </Notice>
        )}
        <div class="buttons">
          <button
            type="button"
            class="button primary large"
            aria-disabled={isBusy || !isRead || !isSound || key === undefined}
            onClick={() => void sign()}
          >
            {isBusy ? text.signing : signs(phones)}
          </button>
          <a class="button large" href={pathTo('alerts', alert.id, 'edit')}>
            {text.backToDraft} <kbd>Esc</kbd>
          </a>
        </div>
        <p class="hint">
          {content.secondPerson ? text.signHint : text.signHintAlone}{' '}
          {hasPasskey && text.withPasskey} {!isRead && text.untilRead}
        </p>
      </section>
    </div>
  )
}

function checksOf({ alert, signed, estimate }: Read, isRead: boolean): Check[] {
  const { review: text } = composeWords()
  const { content } = signed
  const { mode = 'exercise' } = place.value
  const isOfDraft = content.id === alert.id && content.revision === alert.revision
  const isSameArea = hasSameAreas(content, alert)
  const km2 = content.areas.reduce((sum, area) => sum + areaKm2(area), 0)
  const { cancel, allClear } = content.corrections
  const { compose } = composeWords()
  const areas = content.areas.length
  return [
    isOfDraft
      ? { kind: 'ok', text: text.checkDigest }
      : { kind: 'error', text: text.checkDigestWrong },
    ...(areas === 0 && isSameArea
      ? []
      : [
          isSameArea
            ? ({
                kind: 'ok',
                text:
                  km2 > 0
                    ? text.checkAreas(areas, compose.km2(count(Math.round(km2 * 10) / 10)))
                    : text.checkAreasCodes(areas),
              } as const)
            : ({ kind: 'error', text: text.checkAreasWrong } as const),
        ]),
    content.mode === mode
      ? { kind: 'ok', text: text.checkMode[content.mode] }
      : { kind: 'error', text: text.checkModeWrong },
    {
      kind: 'ok',
      text: text.checkLanguages(
        content.texts.map(({ language }) => languageName(language)).join(', '),
      ),
    },
    cancel.length > 0 && allClear.length > 0
      ? { kind: 'ok', text: text.checkCorrections }
      : { kind: 'warn', text: text.checkNoCorrections },
    content.secondPerson
      ? { kind: 'ok', text: text.checkSecond }
      : { kind: 'warn', text: text.checkAlone },
    ...(content.breakGlassAfterSeconds === undefined
      ? []
      : [
          { kind: 'ok', text: text.checkBreakGlass(span(content.breakGlassAfterSeconds)) } as const,
        ]),
    ...alert.warnings.map((warning): Check => ({ kind: 'warn', text: sayWarning(warning) })),
    ...(estimate.missedPlaces.length > 0
      ? [
          {
            kind: 'warn',
            text: compose.missedPlaces(estimate.missedPlaces.map(({ name }) => name).join(', ')),
          } as const,
        ]
      : []),
    ...(isRead ? [] : [{ kind: 'warn', text: text.checkUnread } as const]),
  ]
}

/** Of the corrections each is named: the words of a fault leave its place to the field that it stands at. */
function sayWarning(warning: ApiFault): string {
  const { review: text } = composeWords()
  const of = /^\/corrections\/(cancel|allClear)/.exec(warning.pointer)?.[1] as
    'cancel' | 'allClear' | undefined
  return of === undefined ? sayFault(warning) : `${text[of]}: ${sayFault(warning)}`
}

function Numbers({ content, estimate }: { content: AlertContent; estimate: Estimate }) {
  const { review: text, compose } = composeWords()
  const { seconds, segments, recipients, optedOut, ifActual } = estimate
  const isDrill = content.mode === 'exercise'
  const named = content.roster ? [content.roster] : content.groups
  return (
    <dl class="facts">
      <dt>{text.phones}</dt>
      <dd>
        <strong>{count(recipients)}</strong>; {text.stopsAt(count(content.maxRecipients))}
        {isDrill && ` (${compose.liveWouldText(count(ifActual))})`}
      </dd>
      <dt>{text.people}</dt>
      <dd>{count(isDrill ? ifActual : recipients + optedOut)}</dd>
      <dt>{text.sms}</dt>
      <dd>{count(segments)}</dd>
      <dt>{text.time}</dt>
      <dd>{seconds === null ? text.unknownTime : span(seconds)}</dd>
      <dt>{text.ends}</dt>
      <dd>
        {content.expires === null
          ? '–'
          : `${dayAndClock(content.expires)} ${zone(content.expires)}`}
      </dd>
      <dt>{text.replies}</dt>
      <dd>
        {content.replies.options.length === 0
          ? text.noReplies
          : content.replies.options.map(({ code, label }) => `${code} ${label}`).join(', ')}
      </dd>
      {named.length + content.excludeGroups.length > 0 && (
        <>
          <dt>{text.groups}</dt>
          <dd>
            {named.map(({ name, count: members }) => `${name} (${count(members)})`).join(', ')}
            {content.excludeGroups.length > 0 && (
              <p>
                {words().approve.without(content.excludeGroups.map(({ name }) => name).join(', '))}
              </p>
            )}
          </dd>
        </>
      )}
    </dl>
  )
}

/** What may follow, the corrections left out: they have a place of their own. */
function laterOf(content: AlertContent) {
  return followUpsOf({ ...content, corrections: { cancel: [], allClear: [] } })
}

function Corrections({ content: { corrections } }: { content: AlertContent }) {
  const { review: text } = composeWords()
  return (
    <details class="prepared">
      <summary>
        <strong>{text.corrections}</strong>
      </summary>
      {(['cancel', 'allClear'] as const).map(kind => (
        <div key={kind}>
          <h3>{text[kind]}</h3>
          {corrections[kind].length === 0 ? (
            <p class="muted">{text.none}</p>
          ) : (
            <div class="phones">
              {corrections[kind].map(one => (
                <PhonePreview key={one.language} text={one} />
              ))}
            </div>
          )}
        </div>
      ))}
    </details>
  )
}
