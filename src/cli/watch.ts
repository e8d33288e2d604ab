import { sleep } from '../clock.ts'
import type { Progress, Tally } from '../reports/progress.ts'
import { board } from './board.ts'
import type { Client } from './client.ts'

export interface WatchedAlert {
  readonly id: string
  readonly state: string
  readonly info: readonly { readonly headline?: string; readonly event: string }[]
}

/** States in which nothing more is sent. */
export const ENDED = ['sent', 'stopped', 'expired', 'rejected'] as const

/**
 * Shows an alert's progress and tally until `until` says so: redrawn in place in a terminal, else a line every
 * five seconds. Reconnects when the stream ends.
 */
export async function watchAlert(
  client: Client,
  alert: WatchedAlert,
  options: {
    readonly plannedSeconds: number
    readonly startedAt: number
    readonly output: NodeJS.WriteStream
    readonly signal: AbortSignal
    readonly until: (progress: Progress, tally: Tally) => boolean
  },
): Promise<{ progress: Progress; tally: Tally }> {
  const { output, signal, until, plannedSeconds, startedAt } = options
  const headline = alert.info[0]?.headline ?? alert.info[0]?.event ?? alert.id
  const screen = createScreen(output)
  let progress: Progress | undefined
  let tally: Tally | undefined

  let ended: { progress: Progress; tally: Tally } | undefined
  const look = () => {
    if (progress !== undefined && tally !== undefined && until(progress, tally)) {
      ended = { progress, tally }
    }
    return ended !== undefined
  }
  const lines = (shown: { progress: Progress; tally: Tally }) =>
    board(
      headline,
      shown.progress,
      shown.tally,
      plannedSeconds,
      (performance.now() - startedAt) / 1000,
    )

  while (!signal.aborted && ended === undefined) {
    const reading = new AbortController()
    // Frames come when something changes; that nothing does any more is seen by looking.
    const looking = setInterval(() => look() && reading.abort(), 250)
    const events = client.events(
      `/v1/alerts/${alert.id}/stream`,
      AbortSignal.any([signal, reading.signal]),
    )
    try {
      for await (const { event, data } of events) {
        const frame = data as { progress?: Progress; tally?: Tally }
        if (event === 'snapshot') ({ progress, tally } = { progress, tally, ...frame })
        if (event === 'progress') progress = data as Progress
        if (event === 'tally') tally = data as Tally
        if (progress === undefined || tally === undefined) continue
        screen.draw(lines({ progress, tally }), progress, tally)
        if (look()) break
      }
    } catch (error) {
      if (!reading.signal.aborted && !signal.aborted) {
        const reason = error instanceof Error ? error.message : 'unknown'
        output.write(`the stream ended (${reason}), reconnecting\n`)
      }
    } finally {
      clearInterval(looking)
      reading.abort()
    }
    if (ended === undefined) await sleep(1_000, signal)
  }
  if (ended === undefined) throw new Error('the watch was ended')
  screen.end(lines(ended))
  return ended
}

function createScreen(output: NodeJS.WriteStream) {
  let height = 0
  let lineAt = 0
  return {
    draw(lines: readonly string[], progress: Progress, tally: Tally) {
      if (output.isTTY) {
        const up = height > 0 ? `\x1b[${height}A` : ''
        output.write(`${up}\x1b[J${lines.join('\n')}\n`)
        height = lines.length
      } else if (performance.now() - lineAt > 5_000) {
        lineAt = performance.now()
        const sent = progress.recipients - progress.queued
        output.write(
          `  sent ${sent} of ${progress.recipients}, delivered ${progress.delivered}, replied ${tally.replied}, ${tally.requests.open > 0 ? `${tally.requests.open} ask for help, ` : ''}${Math.round(progress.perSecond)} a second\n`,
        )
      }
    },
    /** Where nothing is redrawn, the last board is shown whole. */
    end(lines: readonly string[]) {
      if (!output.isTTY) output.write(`${lines.join('\n')}\n`)
    },
  }
}
