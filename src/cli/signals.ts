import type { Service } from './serve.ts'

/** The first signal drains, the second abandons: what was unanswered is then marked as possibly sent. */
export function stopOnSignals(service: Pick<Service, 'stop'> & Partial<Service>): void {
  let asked = false
  const end = (status: number) => {
    if (asked) process.exit(1)
    asked = true
    service.stop().then(
      () => process.exit(status),
      () => process.exit(1),
    )
  }
  const stop = () => end(0)
  // Whoever starts it again finds out why, and does not take it for an end that was asked for.
  void service.superseded?.then(() => end(1))
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
  // A dispatcher whose parent is gone.
  process.on('disconnect', stop)
}
