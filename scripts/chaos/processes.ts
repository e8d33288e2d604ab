import { readdir, readFile } from 'node:fs/promises'
import { setTimeout as wait } from 'node:timers/promises'

/** What proc(5) says of a process. Linux alone. */
export interface ProcessFacts {
  readonly parent: number
  readonly command: string
  readonly isRunning: boolean
  /** Of the processor, by it and by the children that it has buried. */
  readonly seconds: number
  readonly residentMb: number
}

/** Undefined where there is no such process. */
export async function inspect(pid: number): Promise<ProcessFacts | undefined> {
  try {
    const [stat, command] = await Promise.all([
      readFile(`/proc/${pid}/stat`, 'latin1'),
      readFile(`/proc/${pid}/cmdline`, 'latin1'),
    ])
    // The name before it stands in brackets and may hold anything.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0)
    return {
      parent: Number(fields[1]),
      command: command.replaceAll('\0', ' '),
      isRunning: fields[0] !== 'Z' && fields[0] !== 'X',
      seconds: ticks / 100,
      residentMb: (Number(fields[21]) * 4_096) / 2 ** 20,
    }
  } catch {
    return undefined
  }
}

export async function childrenOf(parent: number): Promise<number[]> {
  const pids = (await readdir('/proc')).filter(name => /^\d+$/.test(name)).map(Number)
  const facts = await Promise.all(pids.map(inspect))
  return pids.filter((_, i) => facts[i]?.parent === parent && facts[i].isRunning)
}

/** `kill -9` of all at once; resolves when none runs any more. */
export async function killNow(pids: readonly number[]): Promise<void> {
  for (const pid of pids) signal(pid, 'SIGKILL')
  for (const pid of pids) {
    while ((await inspect(pid))?.isRunning === true) await wait(5)
  }
}

export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch (error) {
    // It has ended by itself.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
