import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

/** What the sink's own list says. */
export interface Arrived {
  readonly reached: number
  /** Phones that got it more than once. */
  readonly twice: number
}

/** As the sink counts on its own clock, in milliseconds. */
export interface Counts {
  /** In any sliding second. */
  readonly most: number
  readonly first: number
  readonly last: number
}

export interface SinkProcess {
  readonly port: number
  /** What has arrived for so many recipients since it was asked before. */
  arrived(recipients: number): Promise<Arrived>
  counts(): Promise<Counts>
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
  const ask = async <Answer>(question: 'counts' | { recipients: number }): Promise<Answer> => {
    const answer = once(child, 'message')
    child.send(question)
    return ((await answer) as [Answer])[0]
  }
  return {
    port,
    arrived: recipients => ask<Arrived>({ recipients }),
    counts: () => ask<Counts>('counts'),
    async stop() {
      if (child.exitCode !== null) return
      child.kill('SIGTERM')
      await once(child, 'exit')
    },
  }
}
