/**
 * What MapLibre does with strings where the policy wants trusted types (`http/console.ts`): it starts its worker by a
 * URL, and reads the names of the sources as HTML. The first may be our worker alone, the second is text to us.
 *
 * @see Trusted Types §3.4, the default policy
 */
interface PolicyFactory {
  createPolicy(
    name: string,
    rules: {
      createScriptURL: (url: string) => string | null
      createHTML: (html: string) => string
    },
  ): unknown
}

/** @param workerUrl - as the build names it; once a page */
export function trustWorker(workerUrl: string): void {
  const { trustedTypes } = globalThis as { trustedTypes?: PolicyFactory }
  trustedTypes?.createPolicy('default', {
    createScriptURL: url =>
      new URL(url, location.href).href === new URL(workerUrl, location.href).href ? url : null,
    createHTML: html => html.replaceAll('<', '&lt;'),
  })
}
