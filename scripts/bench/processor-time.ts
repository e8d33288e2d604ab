import { readdir, readFile } from 'node:fs/promises'

/** Processor time of one role's processes, in seconds, children that have ended included. Linux alone. */
export async function processorSeconds(
  belongs: (command: string, parent: number) => boolean,
): Promise<number> {
  let ticks = 0
  for (const pid of await readdir('/proc')) {
    if (!/^\d+$/.test(pid)) continue
    try {
      const stat = await readFile(`/proc/${pid}/stat`, 'latin1')
      const command = await readFile(`/proc/${pid}/cmdline`, 'latin1')
      // proc(5): after the name in brackets, state, parent …; the 12th to 15th are the times in ticks.
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      if (!belongs(command.replaceAll('\0', ' '), Number(fields[1]))) continue
      ticks += fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0)
    } catch {
      // It ended between the listing and the look.
    }
  }
  return ticks / 100
}
