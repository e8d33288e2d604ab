/** Files of the API: they need the sign-in, so a link alone does not bring them. */
import { request } from './api.ts'

/** @param language - of what comes in several, as a BCP 47 tag */
export async function download(
  path: string,
  name: string,
  accept?: string,
  language?: string,
): Promise<void> {
  const response = await request('GET', path, { accept, language })
  save(await response.blob(), name)
}

export function save(content: Blob, name: string): void {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(content)
  link.download = name
  link.click()
  // The browser has to have begun.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000)
}
