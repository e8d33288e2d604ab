/** What processes have used, by /proc: Linux alone. */
import { readdir, readFile } from 'node:fs/promises'

type Belongs = (command: string, parent: number, pid: number) => boolean

/** Processor time of one role's processes, in seconds, children that have ended included. */
export async function processorSeconds(belongs: Belongs): Promise<number> {
  let ticks = 0
  for await (const { stat } of processes(belongs)) {
    // proc(5): the 12th to 15th behind the name are the times in ticks.
    ticks += stat.slice(11, 15).reduce((sum, field) => sum + Number(field), 0)
  }
  return ticks / 100
}

/** The most that one of them has ever had in memory, in MiB. */
export async function peakMemory(belongs: Belongs): Promise<number> {
  let most = 0
  for await (const { pid } of processes(belongs)) {
    const status = await readFile(`/proc/${pid}/status`, 'latin1')
    most = Math.max(most, Number(/^VmHWM:\s+(\d+)/m.exec(status)?.[1] ?? 0))
  }
  return Math.round(most / 1024)
}

async function* processes(belongs: Belongs) {
  for (const pid of await readdir('/proc')) {
    if (!/^\d+$/.test(pid)) continue
    try {
      const line = await readFile(`/proc/${pid}/stat`, 'latin1')
      const command = await readFile(`/proc/${pid}/cmdline`, 'latin1')
      // proc(5): after the name in brackets, state, parent …
      const stat = line.slice(line.lastIndexOf(')') + 2).split(' ')
      if (belongs(command.replaceAll('\0', ' '), Number(stat[1]), Number(pid))) yield { pid, stat }
    } catch {
      // It ended between the listing and the look.
    }
  }
}
