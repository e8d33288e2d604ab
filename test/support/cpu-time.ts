/**
 * Milliseconds of processor time that a piece of synchronous work takes, the least of three runs: unlike the
 * clock, it hardly notices what else runs on the machine.
 */
export function cpuMilliseconds(work: () => void): number {
  const times = [1, 2, 3].map(() => {
    const before = process.cpuUsage()
    work()
    const { user, system } = process.cpuUsage(before)
    return (user + system) / 1000
  })
  return Math.min(...times)
}
