import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

export interface SinkProcess {
  readonly port: number
  /** Ends it. */
  stop(): Promise<void>
}

/** The sink in a process of its own, so that it has a core to itself; `flags` are sink.ts's. */
export async function startSinkProcess(flags: readonly string[] = []): Promise<SinkProcess> {
  const script = fileURLToPath(new URL('sink.ts', import.meta.url))
  const child: ChildProcess = spawn(process.execPath, ['--import', 'tsx', script, ...flags], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, TOCSIN_LOG_LEVEL: 'error' },
  })
  const lines = createInterface({ input: child.stdout! })
  const [line] = (await once(lines, 'line')) as [string]
  const { port } = JSON.parse(line) as { port: number }
  return {
    port,
    async stop() {
      if (child.exitCode !== null) return
      child.kill('SIGTERM')
      await once(child, 'exit')
    },
  }
}
