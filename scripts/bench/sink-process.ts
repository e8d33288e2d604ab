import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { TextKind } from './cases.ts'

/** What should have arrived since it was asked before: a text of `round` for each of so many. */
export interface Asked {
  readonly recipients: number
  readonly texts: TextKind
  /** 0: the loop's by hand. */
  readonly round: number
}

/** What the sink's own list says. */
export interface Arrived {
  readonly reached: number
  /** Phones that got it more than once. */
  readonly twice: number
  /** Phones whose answer was acknowledged. */
  readonly replied: number
}

/** Phones that answer of themselves, +15550000001 and on, in turn over the accounts, each "1" or "2". */
export interface Chorus {
  readonly voices: number
  readonly perSecond: number
  readonly accounts: readonly string[]
  /** The number that they write to. */
  readonly to: string
}

/** When the voices of a chorus were given to the carrier: at `at`, epoch milliseconds, `said` in all. */
export type Spoken = readonly { readonly at: number; readonly said: number }[]

/** As the sink counts on its own clock, in milliseconds. */
export interface Counts {
  /** In any sliding second. */
  readonly most: number
  readonly first: number
  readonly last: number
  readonly now: number
  /** Segments. */
  readonly taken: number
  readonly throttled: number
}

export interface SinkProcess {
  readonly port: number
  readonly pid: number
  arrived(asked: Asked): Promise<Arrived>
  counts(): Promise<Counts>
  /** Receipts and answers that have not been acknowledged, those to come included. */
  owed(): Promise<number>
  /** Resolves when all of it is said, which is not yet when it is acknowledged. */
  sing(chorus: Chorus): Promise<Spoken>
  /** Ends it. */
  stop(): Promise<void>
}

/** The sink in a process of its own, so that it has a core to itself; `flags` are sink.ts's. */
export async function startSinkProcess(flags: readonly string[] = []): Promise<SinkProcess> {
  const script = fileURLToPath(new URL('sink.ts', import.meta.url))
  const child: ChildProcess = spawn(process.execPath, ['--import', 'tsx', script, ...flags], {
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    env: { ...process.env, TOCSIN_LOG_LEVEL: 'error' },
  })
  const lines = createInterface({ input: child.stdout! })
  const [line] = (await once(lines, 'line')) as [string]
  const { port } = JSON.parse(line) as { port: number }
  const ask = async <Answer>(question: 'counts' | 'owed' | Asked | Chorus): Promise<Answer> => {
    const answer = once(child, 'message')
    child.send(question)
    return ((await answer) as [Answer])[0]
  }
  return {
    port,
    pid: child.pid!,
    arrived: asked => ask<Arrived>(asked),
    counts: () => ask<Counts>('counts'),
    owed: () => ask<number>('owed'),
    sing: chorus => ask<Spoken>(chorus),
    async stop() {
      if (child.exitCode !== null) return
      child.kill('SIGTERM')
      await once(child, 'exit')
    },
  }
}
