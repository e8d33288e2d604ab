/** Waits for things to become true, looking again whenever something happened. */
export interface Watch {
  changed(): void
  /** Resolves once `check` holds; rejects with `what` after `ms`. */
  until(what: string, check: () => boolean, ms?: number): Promise<void>
}

export function createWatch(): Watch {
  const waiters = new Set<() => void>()
  return {
    changed() {
      for (const waiter of waiters) waiter()
    },
    until(what, check, ms = 5_000) {
      if (check()) return Promise.resolve()
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
          waiters.delete(look)
          reject(new Error(`waited ${ms} ms in vain: ${what}`))
        }, ms)
        const look = () => {
          if (!check()) return
          waiters.delete(look)
          clearTimeout(timer)
          resolve()
        }
        waiters.add(look)
      })
    },
  }
}
