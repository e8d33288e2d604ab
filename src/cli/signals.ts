import type { Service } from './serve.ts'

/** The first signal drains, the second abandons: what was unanswered is then marked as possibly sent. */
export function stopOnSignals(service: Pick<Service, 'stop'>): void {
  let asked = false
  const stop = () => {
    if (asked) process.exit(1)
    asked = true
    service.stop().then(
      () => process.exit(0),
      () => process.exit(1),
    )
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
  // A dispatcher whose parent is gone.
  process.on('disconnect', stop)
}
