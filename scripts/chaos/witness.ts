/**
 * Somebody who watches an alert while everything around it dies: asks for its progress all the time and follows its
 * stream, begun again whenever it breaks. In every frame that reaches them each recipient is in exactly one count.
 */
import { setTimeout as wait } from 'node:timers/promises'
import { ApiError, type Client } from '../../src/cli/client.ts'
import type { Progress, Tally } from '../../src/reports/progress.ts'

const LOOK_MS = 100

export interface Witness {
  /** Frames seen, those of the stream included. */
  readonly frames: number
  /** What was wrong in one, in words and numbers. */
  readonly wrong: readonly string[]
  /** The newest that was asked for. */
  readonly progress: Progress | undefined
  stop(): Promise<void>
}

export function watch(client: Client, alertId: string): Witness {
  const stopping = new AbortController()
  const { signal } = stopping
  const wrong: string[] = []
  let frames = 0
  let latest: Progress | undefined
  const look = (progress: Progress) => {
    frames++
    const fault = faultOf(progress)
    if (fault !== undefined && wrong.length < 20) wrong.push(fault)
  }
  const keepAsking = async () => {
    while (!signal.aborted) {
      await whileItAnswers(async () => {
        latest = await client.get<Progress>(`/v1/alerts/${alertId}/progress`)
        look(latest)
      })
      await wait(LOOK_MS)
    }
  }
  const keepFollowing = async () => {
    while (!signal.aborted) {
      await whileItAnswers(async () => {
        for await (const { event, data } of client.events(`/v1/alerts/${alertId}/stream`, signal)) {
          if (event === 'progress') look(data as Progress)
          if (event === 'snapshot') look((data as { progress: Progress; tally: Tally }).progress)
        }
      })
      await wait(LOOK_MS)
    }
  }
  const watching = Promise.all([keepAsking(), keepFollowing()])
  return {
    get frames() {
      return frames
    },
    wrong,
    get progress() {
      return latest
    },
    async stop() {
      stopping.abort()
      await watching
    },
  }
}

/** That nobody answers, or asks to be asked later, is what a death looks like; anything else is a fault. */
async function whileItAnswers(ask: () => Promise<void>): Promise<void> {
  try {
    await ask()
  } catch (error) {
    if (error instanceof ApiError && ![500, 502, 503, 504].includes(error.problem.status))
      throw error
  }
}

function faultOf(progress: Progress): string | undefined {
  const { queued, submitted, delivered, failed, expired, cancelled, unknown, recipients } = progress
  const counts = { queued, submitted, delivered, failed, expired, cancelled, unknown }
  const sum = Object.values(counts).reduce((total, count) => total + count)
  const isSound = sum === recipients && Object.values(counts).every(count => count >= 0)
  return isSound
    ? undefined
    : `a frame adds up to ${sum} of ${recipients}: ${JSON.stringify(counts)}`
}
