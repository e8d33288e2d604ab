/** Whether the server has been renewed since this page was loaded. */
import { signal } from '@preact/signals'

export const hasNewVersion = signal(false)

const LOOK_AGAIN_MS = 60_000

export function watchVersion(): void {
  let loaded: string | undefined
  const look = async () => {
    const health = await fetch('/healthz', { cache: 'no-store' })
      .then(answer => answer.json() as Promise<{ build?: string }>)
      .catch(() => ({ build: undefined }))
    loaded ??= health.build
    hasNewVersion.value = health.build !== undefined && health.build !== loaded
  }
  void look()
  setInterval(() => void look(), LOOK_AGAIN_MS)
}
