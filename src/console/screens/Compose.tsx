import { useEffect, useRef, useState } from 'preact/hooks'
import { asMeasured } from '../../encoding/recipient-link.ts'
import { measureText } from '../../encoding/segments.ts'
import { composeWords } from '../i18n/compose.ts'
import { get, post, remove } from '../lib/api.ts'
import { desk } from '../lib/desk.ts'
import { useHotkeys } from '../lib/hotkeys.ts'
import { clock, languageName, words } from '../lib/i18n.ts'
import { goTo, guardLeaving, pathTo, type ScreenProps } from '../lib/place.ts'
import { isUnreachable, Problem } from '../lib/problem.ts'
import type { Alert } from '../lib/types.ts'
import { useModeOfPage } from '../parts/Frame.tsx'
import { Notice, ProblemNotice } from '../parts/Notice.tsx'
import { SigningKey } from '../parts/SigningKey.tsx'
import { Waiting } from '../parts/Waiting.tsx'
import { areaFault } from './compose/areas.ts'
import { type Composition, createComposition, unsaved } from './compose/composition.ts'
import { Conflict } from './compose/Conflict.tsx'
import { emptyForm, type FormFault, formFromAlert, isWhole, type Text } from './compose/form.ts'
import { Message } from './compose/Message.tsx'
import { ByItself, noticeId } from './compose/ByItself.tsx'
import { Reach } from './compose/Reach.tsx'
import { missingBlanks, preview, takenFrom, type Template } from './compose/template.ts'
import { useTemplatesAndGroups, What } from './compose/What.tsx'
import { Where } from './compose/Where.tsx'

/** S3: an alert is written on one page: what, the message, where; and how many it reaches, all the while. */
export function Compose({ way }: ScreenProps) {
  const { compose: text } = composeWords()
  const [alertId] = way
  const [composition, setComposition] = useState<Composition>()
  const [wasRestored, setRestored] = useState(false)
  const [problem, setProblem] = useState<unknown>()
  const { organisation } = desk.value
  useModeOfPage(alertId === undefined ? text.title : text.editTitle)

  const open = async (languages: readonly string[]) => {
    setProblem(undefined)
    try {
      const alert = alertId === undefined ? undefined : await get<Alert>(`/v1/alerts/${alertId}`)
      if (alert !== undefined && alert.state !== 'draft') {
        throw new Problem(text.wrongState, { status: 409, code: 'wrong_state' })
      }
      const left = await unsaved(alertId)
      const isNew =
        left !== undefined && (left.revision === undefined || left.revision === alert?.revision)
      setRestored(isNew)
      const form = isNew ? left.form : alert ? formFromAlert(alert) : emptyForm(languages)
      setComposition(createComposition(form, alert, isNew))
    } catch (error) {
      setProblem(error)
    }
  }
  useEffect(() => {
    if (organisation !== undefined && composition === undefined) void open(organisation.languages)
  }, [organisation === undefined])

  if (problem !== undefined) {
    return (
      <div class="stack">
        <ProblemNotice problem={problem} retry={() => void open(organisation?.languages ?? [])} />
        {alertId !== undefined && <a href={pathTo('alerts', alertId)}>{text.toAlert}</a>}
      </div>
    )
  }
  if (composition === undefined) return <Waiting lines={6} what={text.title} />
  const startAnew = async () => {
    await composition.forget()
    setRestored(false)
    setComposition(createComposition(emptyForm(organisation?.languages ?? []), undefined))
  }
  return (
    <Page
      key={composition.key}
      of={composition}
      title={alertId === undefined ? text.title : text.editTitle}
      onStartAnew={wasRestored && alertId === undefined ? () => void startAnew() : undefined}
    />
  )
}

function Page({
  of: composition,
  title,
  onStartAnew,
}: {
  of: Composition
  title: string
  onStartAnew: (() => void) | undefined
}) {
  const { compose: text } = composeWords()
  const { templates, groups } = useTemplatesAndGroups()
  const [faults, setFaults] = useState<readonly FormFault[]>([])
  const [isReviewing, setReviewing] = useState(false)
  const summary = useRef<HTMLDivElement>(null)
  useTemplate(composition)
  useEffect(() => {
    composition.start()
    const unguard = guardLeaving(() => true)
    return () => {
      unguard()
      composition.close()
    }
  }, [composition])

  const refuse = (found: readonly FormFault[]) => {
    setFaults(found)
    setTimeout(() => summary.current?.focus())
  }
  const review = async () => {
    const found = faultsOf(composition)
    if (found.length > 0) return refuse(found)
    if (isReviewing) return
    setFaults([])
    setReviewing(true)
    await composition.save()
    setReviewing(false)
    const { alert, estimate } = composition
    const isUnsaved = !composition.isSaved() || alert.value === undefined
    if (isUnsaved) {
      // A conflict and what the server refuses stand above the form already.
      const isSilent = isUnreachable(composition.problem.value)
      return refuse(isSilent ? [{ field: 'c-where', text: text.faults.unreachable }] : [])
    }
    if (estimate.value?.recipients === 0) {
      const isDrill = composition.status !== 'Actual'
      const why = isDrill ? text.faults.emptyRoster : text.faults.nobody
      return refuse([{ field: 'c-where', text: why }])
    }
    if (alert.value === undefined) return
    goTo(pathTo('alerts', alert.value.id, 'review'))
  }
  useHotkeys({
    'ctrl+enter': () => void review(),
    '/': () => document.querySelector<HTMLElement>('.ways button:nth-child(4)')?.click(),
  })
  const faultOf = (field: string) => faults.find(one => one.field === field)?.text
  const conflict = composition.conflict.value
  return (
    <div class="compose stack">
      <div class="screen-head">
        <h1>{title}</h1>
        <div class="row">
          <SavedWhen of={composition} />
          {composition.alert.value === undefined && (
            <a class="button quiet" href={pathTo('import')}>
              {composeWords().importCap.title}
            </a>
          )}
          <button
            type="button"
            class="button quiet"
            aria-disabled={composition.past.value.length === 0}
            onClick={() => composition.undo()}
          >
            {text.undo}
          </button>
          <button
            type="button"
            class="button quiet"
            aria-disabled={composition.future.value.length === 0}
            onClick={() => composition.redo()}
          >
            {text.redo}
          </button>
          {composition.alert.value && <Discard of={composition} />}
        </div>
      </div>
      <SigningKey quiet />
      {onStartAnew && (
        <Notice kind="info">
          <p>
            {text.restored}{' '}
            <button type="button" class="link-button" onClick={onStartAnew}>
              {text.startAnew}
            </button>
          </p>
        </Notice>
      )}
      <div ref={summary} tabIndex={-1} class="stack">
        {faults.length > 0 && (
          <Notice kind="error" urgent>
            <p>
              <strong>{words().everywhere.faultsTitle(faults.length)}</strong>
            </p>
            <ul class="plain">
              {faults.map(fault => (
                <li key={fault.field + fault.text}>
                  <a
                    href={`#${fault.field}`}
                    onClick={event => {
                      event.preventDefault()
                      const field = document.getElementById(fault.field)
                      field?.scrollIntoView({ block: 'center' })
                      field?.focus()
                    }}
                  >
                    {fault.text}
                  </a>
                </li>
              ))}
            </ul>
          </Notice>
        )}
        {conflict === undefined && composition.problem.value !== undefined && (
          <ProblemNotice problem={composition.problem.value} />
        )}
      </div>
      {conflict && <Conflict of={composition} theirs={conflict} />}
      <div class="columns wide-end compose-columns">
        <div class="stack">
          <What of={composition} templates={templates} groups={groups} faultOf={faultOf} />
          <Message of={composition} faultOf={faultOf} />
          <ByItself of={composition} groups={groups} faultOf={faultOf} />
        </div>
        <Where of={composition} groups={groups} fault={faultOf('c-where')} />
      </div>
      <Reach of={composition} onReview={() => void review()} />
    </div>
  )
}

function SavedWhen({ of: { saving, savedAt, lack, problem, alert } }: { of: Composition }) {
  const { compose: text } = composeWords()
  const said =
    saving.value === 'saving'
      ? text.saving
      : problem.value !== undefined
        ? text.notSaved
        : lack.value !== undefined && saving.value === 'no' && alert.value === undefined
          ? text.keptHere
          : savedAt.value > 0
            ? text.savedAt(clock(savedAt.value))
            : ''
  return <span class="muted small saved-when">{said}</span>
}

function Discard({ of: { alert, forget } }: { of: Composition }) {
  const { compose: text } = composeWords()
  const [isAsking, setAsking] = useState(false)
  const throwAway = async () => {
    const { id, revision } = alert.value as Alert
    await forget()
    await remove(`/v1/alerts/${id}`, { revision })
    goTo(pathTo('situation'))
  }
  if (!isAsking) {
    return (
      <button type="button" class="button quiet" onClick={() => setAsking(true)}>
        {text.discard}
      </button>
    )
  }
  return (
    <span class="row" role="alert">
      {text.discardSure}
      <button type="button" class="button" onClick={() => void throwAway()}>
        {text.discard}
      </button>
      <button type="button" class="button quiet" onClick={() => setAsking(false)}>
        {words().everywhere.cancel}
      </button>
    </span>
  )
}

/** Fetches the template that was chosen, and keeps the texts what it makes of the blanks. */
function useTemplate(composition: Composition): void {
  const { form, template, change, fillTexts } = composition
  const from = form.value.template
  const { organisation } = desk.value
  const sender = organisation?.name ?? ''
  useEffect(() => {
    if (from === undefined || template.value?.id === from.id) return
    void get<Template>(`/v1/templates/${from.id}/versions/${from.version}`).then(
      found => {
        template.value = found
        // A draft of it says these already.
        if (composition.alert.value?.template?.id === found.id) return change({})
        change(takenFrom(found))
      },
      (error: unknown) => (composition.problem.value = error),
    )
  }, [from?.id])
  const known = template.value
  const blanks = JSON.stringify(from?.blanks)
  useEffect(() => {
    if (from === undefined || known?.id !== from.id) return
    fillTexts(preview(known, from.blanks, sender))
    if (missingBlanks(known, from.blanks).length > 0) return
    const turn = new AbortController()
    const timer = setTimeout(() => {
      const { minutes } = form.value
      const hasEnd = known.blanks.some(one => one.type === 'time' && one.expires)
      const body = {
        version: known.version,
        blanks: from.blanks,
        ...(minutes !== undefined &&
          !hasEnd && { expires: new Date(Date.now() + minutes * 60_000).toISOString() }),
      }
      post<{ texts: Text[] }>(`/v1/templates/${known.id}/fill`, body, { signal: turn.signal }).then(
        ({ texts }) => fillTexts(texts),
        // What is wrong with a blank the draft says, at its place.
        () => undefined,
      )
    }, FILL_MS)
    return () => {
      clearTimeout(timer)
      turn.abort()
    }
  }, [known, blanks, sender])
}

const FILL_MS = 100

/** All that keeps the form from being signed, in the order of the page. */
function faultsOf({ form, template }: Composition): FormFault[] {
  const { faults } = composeWords().compose
  const { event, texts, areas, groups, template: from, minutes, expires } = form.value
  const { replies, escalations = [] } = form.value
  const linkUrl = desk.value.policy?.linkUrl ?? undefined
  const most = desk.value.policy?.maxSegments ?? 255
  const missing = from && template.value ? missingBlanks(template.value, from.blanks) : []
  const said = texts.filter(({ sms }) => sms.trim() !== '')
  const [firstText] = texts
  return [
    ...(from === undefined && event.trim() === ''
      ? [{ field: 'c-event', text: faults.event }]
      : []),
    ...missing.map(({ name, label }) => ({ field: `c-blank-${name}`, text: faults.blank(label) })),
    ...(minutes === undefined && expires === undefined
      ? [{ field: 'c-ends', text: faults.ends }]
      : []),
    ...(said.length === 0 && firstText
      ? [{ field: 'c-text', text: faults.text(languageName(firstText.language)) }]
      : []),
    ...said
      .filter(({ sms }) => measureText(asMeasured(sms, linkUrl)).segments > most)
      .map(({ language }) => ({
        field: 'c-text',
        text: faults.tooLong(languageName(language), most),
      })),
    ...(replies.length === 0 ? [] : escalations).flatMap((one, no) =>
      isWhole(one) ? [] : [{ field: noticeId(no), text: faults.notice(no + 1) }],
    ),
    ...(areas.length === 0 && groups.length === 0
      ? [{ field: 'c-where', text: faults.where }]
      : []),
    ...areas
      .filter(area => areaFault(area) !== undefined)
      .map(({ areaDesc }) => ({ field: 'c-where', text: faults.area(areaDesc) })),
  ]
}
