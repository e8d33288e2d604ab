/** What a key or a passkey that is made here is called until somebody says otherwise: `Chrome Windows`. */
export function browserName(): string {
  const { userAgent } = navigator
  const browser = /(Firefox|Edg|Chrome|Safari)\//.exec(userAgent)?.[1] ?? 'Browser'
  const system = /(Windows|Mac OS X|Android|iPhone|iPad|Linux)/.exec(userAgent)?.[1] ?? ''
  return `${browser.replace('Edg', 'Edge')} ${system}`.trim()
}
