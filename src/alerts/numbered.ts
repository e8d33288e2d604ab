/** `1 recipient`, `12 recipients`: in the history, in refusals and on the command line. */
export const numbered = (n: number, noun: 'recipient' | 'letter' | 'segment'): string =>
  `${n} ${noun}${n === 1 ? '' : 's'}`
