import { useState } from 'preact/hooks'
import { composeWords } from '../../i18n/compose.ts'
import { now } from '../../lib/connection.ts'
import { count, languageName, span } from '../../lib/i18n.ts'
import { Dialog } from '../../parts/Dialog.tsx'
import type { Composition, Estimate } from './composition.ts'

/** Younger numbers are as good as now. */
const OLD_SECONDS = 2

/** How many it reaches and how long that takes: it keeps its size whatever it says, so that no button moves away. */
export function Reach({ of: composition, onReview }: { of: Composition; onReview: () => void }) {
  const { compose: text } = composeWords()
  const [explains, setExplains] = useState(false)
  const { lack, estimateAt, isEstimateFresh, problem, saving } = composition
  const why = lack.value
  const estimate = why === undefined ? composition.estimate.value : undefined
  const isStale = estimate !== undefined && !isEstimateFresh.value
  const age = isStale ? Math.round((now.value - estimateAt.value) / 1000) : 0
  const isDrill = composition.status !== 'Actual'
  const hasFailed = problem.value !== undefined && saving.value === 'no'
  const isAsking = why === undefined && estimate === undefined && !hasFailed
  const unknown =
    why !== undefined
      ? text.unknown[why]
      : estimate !== undefined
        ? undefined
        : hasFailed
          ? text.unknown.problem
          : text.unknown.asking
  const each = estimate && estimate.recipients > 0 ? estimate.segments / estimate.recipients : 0
  const carriers = estimate?.byCarrier.filter(({ recipients }) => recipients > 0).length ?? 0
  const recipients = estimate?.recipients
  const people = estimate && (isDrill ? estimate.ifActual : estimate.recipients + estimate.optedOut)
  return (
    <div class="reach-bar" role="region" aria-label={text.arithmetic} aria-busy={isAsking}>
      <dl class="reach" data-stale={isStale ? 'true' : undefined}>
        <Figure value={people} label={text.people(people)} />
        <Figure
          value={estimate?.recipients}
          label={
            isDrill
              ? `${text.exercisePhones(recipients)}${estimate ? ` (${text.liveWouldText(count(estimate.ifActual))})` : ''}`
              : text.phones(recipients)
          }
        />
        <Figure
          value={estimate?.segments}
          label={each > 0 ? text.smsEach(count(Math.round(each * 10) / 10)) : text.sms}
        />
        <div class="reach-figure">
          <dd>{estimate?.seconds == null ? '–' : span(estimate.seconds)}</dd>
          <dt>{carriers > 0 ? text.time(text.carriers(carriers)) : text.timeShort}</dt>
        </div>
      </dl>
      <p class="reach-note small" role="status">
        {unknown ?? (age >= OLD_SECONDS ? text.old(span(age)) : '')}
      </p>
      <button
        type="button"
        class="button quiet reach-why"
        aria-label={text.arithmetic}
        onClick={() => setExplains(true)}
      >
        ?
      </button>
      <button type="button" class="button primary large" onClick={onReview}>
        {text.review} <kbd class="wide-only">{text.reviewKeys}</kbd>
      </button>
      {explains && (
        <Dialog title={text.arithmetic} onClose={() => setExplains(false)}>
          {estimate ? <Arithmetic of={estimate} /> : <p>{unknown}</p>}
        </Dialog>
      )}
    </div>
  )
}

function Figure({ value, label }: { value: number | undefined; label: string }) {
  return (
    <div class="reach-figure">
      <dd>{value === undefined ? '–' : count(value)}</dd>
      <dt>{label}</dt>
    </div>
  )
}

function Arithmetic({ of: estimate }: { of: Estimate }) {
  const { compose: text, review } = composeWords()
  const { seconds, segments, optedOut, unserved, missedPlaces } = estimate
  return (
    <div class="stack">
      <p>
        {seconds === null ? text.noTime : text.timeSum(count(segments), span(seconds))}{' '}
        {optedOut > 0 && text.optedOut(count(optedOut))}{' '}
        {unserved > 0 && text.unserved(count(unserved))}
      </p>
      {missedPlaces.length > 0 && (
        <p>{text.missedPlaces(missedPlaces.map(({ name }) => name).join(', '))}</p>
      )}
      <h3>{text.byCarrier}</h3>
      <table class="table rows">
        <thead>
          <tr>
            <th scope="col">{text.carrier}</th>
            <th scope="col" class="number">
              {review.phones}
            </th>
          </tr>
        </thead>
        <tbody>
          {estimate.byCarrier.map(({ carrierId, name, recipients }) => (
            <tr key={carrierId}>
              <th scope="row">{name}</th>
              <td class="number" data-label={review.phones}>
                {count(recipients)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <h3>{text.byLanguage}</h3>
      <table class="table rows">
        <thead>
          <tr>
            <th scope="col">{text.language}</th>
            <th scope="col" class="number">
              {review.phones}
            </th>
            <th scope="col" class="number">
              {text.sms}
            </th>
          </tr>
        </thead>
        <tbody>
          {estimate.texts.map(({ language, recipients, segments: each }, no) => (
            <tr key={no}>
              <th scope="row" lang={language}>
                {languageName(language)}
              </th>
              <td class="number" data-label={review.phones}>
                {count(recipients)}
              </td>
              <td class="number" data-label={text.sms}>
                {count(recipients * each)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
