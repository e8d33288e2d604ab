import type { CodedWords } from '../../faults.ts'
import type { CapArea, CapInfo, CapMessage, CapValue } from '../message.ts'

/**
 * A profile: what a network of warnings asks of a CAP message beyond the standard, as a list of rules. Each rule
 * finds the places where it is broken, as JSON pointers into the alert as its author writes it.
 */
export interface Profile {
  readonly id: string
  readonly title: string
  /** Where it is written down. */
  readonly source: string
  readonly rules: readonly Rule[]
}

interface Rule {
  /** Whether the network refuses what breaks it, or only advises. */
  readonly level: 'must' | 'should'
  readonly words: CodedWords
  readonly broken: (message: CapMessage) => readonly string[]
}

/** A rule of the alert as a whole: `holds`, or it is broken at this pointer. */
export function ofAlert(
  level: Rule['level'],
  pointer: string,
  words: CodedWords,
  holds: (message: CapMessage) => boolean,
): Rule {
  return { level, words, broken: message => (holds(message) ? [] : [pointer]) }
}

/** A rule of each block. `member` is where in it the pointer leads. */
export function ofInfo(
  level: Rule['level'],
  member: string,
  words: CodedWords,
  holds: (info: CapInfo, message: CapMessage) => boolean,
): Rule {
  return {
    level,
    words,
    broken: message =>
      message.info.flatMap((info, no) => (holds(info, message) ? [] : [`/info/${no}${member}`])),
  }
}

/** A rule of each area of each block. */
export function ofArea(
  level: Rule['level'],
  member: string,
  words: CodedWords,
  holds: (area: CapArea, info: CapInfo) => boolean,
): Rule {
  return {
    level,
    words,
    broken: ({ info }) =>
      info.flatMap((block, no) =>
        block.area.flatMap((area, at) =>
          holds(area, block) ? [] : [`/info/${no}/area/${at}${member}`],
        ),
      ),
  }
}

/** A rule of each parameter of this name. */
export function ofParameter(
  level: Rule['level'],
  valueName: string,
  words: CodedWords,
  holds: (value: string, info: CapInfo) => boolean,
): Rule {
  return {
    level,
    words,
    broken: ({ info }) =>
      info.flatMap((block, no) =>
        block.parameter.flatMap((one, at) =>
          one.valueName !== valueName || holds(one.value, block)
            ? []
            : [`/info/${no}/parameter/${at}/value`],
        ),
      ),
  }
}

export function valuesOf(values: readonly CapValue[], valueName: string): string[] {
  return values.filter(one => one.valueName === valueName).map(one => one.value)
}

/** The same values in every block, in whatever order. */
export function isTheSameInAll(
  { info }: CapMessage,
  valuesIn: (info: CapInfo) => readonly string[],
): boolean {
  return new Set(info.map(block => [...new Set(valuesIn(block))].toSorted().join('\n'))).size <= 1
}
