import type { alarms } from './alarms-en.ts'

export type AlarmHeads = typeof alarms

/** An alarm in a few words. Of several alike each has a number at the end of its code. */
export function alarmHead(code: string, heads: AlarmHeads): string {
  const byCode: Readonly<Record<string, string | undefined>> = heads
  return byCode[code.replace(/_\d+$/, '')] ?? heads.other
}
