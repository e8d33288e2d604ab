import type { Fault } from '../../errors.ts'
import type { CapMessage } from '../message.ts'
import { CAP_CP } from './cap-cp.ts'
import { IPAWS } from './ipaws.ts'
import { METEOALARM } from './meteoalarm.ts'
import type { Profile } from './profile.ts'

export const PROFILE_IDS = ['ipaws', 'cap-cp', 'meteoalarm'] as const
export type ProfileId = (typeof PROFILE_IDS)[number]

const PROFILES: Readonly<Record<ProfileId, Profile>> = {
  ipaws: IPAWS,
  'cap-cp': CAP_CP,
  meteoalarm: METEOALARM,
}

export interface ProfileVerdict {
  readonly id: ProfileId
  readonly title: string
  readonly source: string
  /** What its network refuses, at its place in the alert. */
  readonly faults: readonly Fault[]
  /** What it advises. */
  readonly warnings: readonly Fault[]
}

/** @param message as the alert would be exported */
export function judgeByProfile(id: ProfileId, message: CapMessage): ProfileVerdict {
  const { title, source, rules } = PROFILES[id]
  const broken = (level: 'must' | 'should') =>
    rules
      .filter(rule => rule.level === level)
      .flatMap(({ words, broken: places }) =>
        places(message).map(pointer => ({ pointer, ...words })),
      )
  return { id, title, source, faults: broken('must'), warnings: broken('should') }
}
