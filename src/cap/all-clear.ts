import type { AlertDraft, Info } from './alert.ts'

/** An Update whose every block says `AllClear` (CAP 1.2 §3.2.1 msgType, §3.2.2 responseType). */
export function isAllClear({
  msgType,
  info,
}: {
  readonly msgType: AlertDraft['msgType']
  readonly info: readonly Pick<Info, 'responseType'>[]
}): boolean {
  return msgType === 'Update' && info.every(block => block.responseType.includes('AllClear'))
}
