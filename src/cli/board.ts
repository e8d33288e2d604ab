/** The live board in a terminal: progress against plan, carriers, replies by area. Pure: frames in, lines out. */

import type { Progress, Tally } from '../reports/progress.ts'

const BAR = 32

/**
 * @param plannedSeconds how long the carriers' limits allow it to take
 * @param elapsedSeconds since the dispatch; it counts for as long as something waits to be sent
 */
export function board(
  headline: string,
  progress: Progress,
  tally: Tally | undefined,
  plannedSeconds: number,
  elapsedSeconds: number,
): string[] {
  const { recipients } = progress
  const sent = recipients - progress.queued - progress.cancelled - progress.expired
  const took = (progress.queued === 0 ? sendingSeconds(progress) : undefined) ?? elapsedSeconds
  const plan = plannedSeconds === 0 ? 1 : Math.min(1, took / plannedSeconds)
  const lines = [
    `${headline}   ${progress.state}`,
    '',
    `  sent       ${bar(share(sent, recipients))} ${count(sent)} of ${count(recipients)}   ${count(Math.round(progress.perSecond))} a second${progress.etaSeconds === null || progress.queued === 0 ? '' : `, ${Math.ceil(progress.etaSeconds)} s left`}`,
    `  plan       ${bar(plan)} ${took.toFixed(1)} s of ${plannedSeconds.toFixed(1)} s that the carriers' limits allow`,
    `  delivered  ${bar(share(progress.delivered, recipients))} ${count(progress.delivered)}   no receipt yet ${count(progress.submitted)}   failed ${count(progress.failed)}   possible duplicates ${count(progress.possibleDuplicates)}`,
    ...letters(progress),
    '',
    ...table(
      ['  carrier', 'with it', 'delivered', 'failed', 'a second', 'state'],
      progress.byCarrier.map(carrier => [
        `  ${carrier.name}`,
        count(carrier.submitted + carrier.delivered + carrier.failed),
        count(carrier.delivered),
        count(carrier.failed),
        count(Math.round(carrier.perSecond)),
        carrier.state,
      ]),
    ),
  ]
  if (tally !== undefined) lines.push('', ...replies(tally), ...requests(tally))
  for (const alarm of progress.alarms) lines.push('', `  ! ${alarm.code}: ${alarm.detail}`)
  return lines
}

/** From the first message to the last. */
function sendingSeconds({ firstSubmittedAt, lastSubmittedAt }: Progress): number | undefined {
  if (firstSubmittedAt === null || lastSubmittedAt === null) return undefined
  return (Date.parse(lastSubmittedAt) - Date.parse(firstSubmittedAt)) / 1000
}

function letters({ email }: Progress): string[] {
  if (email === null) return []
  const { recipients, queued, sent, failed, possibleDuplicates } = email
  return [
    `  letters    ${bar(share(sent, recipients))} ${count(sent)} of ${count(recipients)}   waiting ${count(queued)}   failed ${count(failed)}   possible duplicates ${count(possibleDuplicates)}`,
  ]
}

function replies(tally: Tally): string[] {
  const options = tally.byOption.map(option => option.label)
  const row = (
    name: string,
    of: { recipients: number; replied: number } & Pick<Tally, 'byOption'>,
  ) => [
    `  ${name}`,
    count(of.recipients),
    count(of.replied),
    ...of.byOption.map(option => count(option.count)),
  ]
  return table(
    ['  replies', 'recipients', 'replied', ...options],
    [
      ...tally.byArea.map(area => row(area.areaDesc, area)),
      ...tally.byGroup.map(group => row(`group ${group.name}`, group)),
      row('all', tally),
    ],
  ).concat(
    `  other ${count(tally.other)}   opted out ${count(tally.optedOut)}   no reply ${count(tally.noReply)}`,
  )
}

/** Shown once somebody has asked. */
function requests({ requests: { open, taken, closed } }: Tally): string[] {
  if (open + taken + closed === 0) return []
  return [
    `  asked for help   open ${count(open)}   taken ${count(taken)}   closed ${count(closed)}`,
  ]
}

/** Columns as wide as their widest cell; all but the first and the last right-aligned if they hold numbers. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const all = [head, ...rows]
  const widths = head.map((_, i) => Math.max(...all.map(row => (row[i] ?? '').length)))
  return all.map(row =>
    row
      .map((cell, i) =>
        i === 0 || !/^[\d,]*$/.test(rows[0]?.[i] ?? '')
          ? cell.padEnd(widths[i] ?? 0)
          : cell.padStart(widths[i] ?? 0),
      )
      .join('  ')
      .trimEnd(),
  )
}

const share = (part: number, whole: number) => (whole === 0 ? 1 : Math.max(0, part / whole))
const count = (n: number) => n.toLocaleString('en-US')
const bar = (part: number) => {
  const full = Math.min(BAR, Math.round(part * BAR))
  return '█'.repeat(full) + '░'.repeat(BAR - full)
}
