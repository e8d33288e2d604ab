/** A CAP message of somebody else's, made a draft; and how an alert stands with other networks. */
export const importCap = {
  title: 'Import a CAP message',
  intro:
    'A CAP 1.2 message becomes a draft: nothing is sent. Somebody reads it, signs it and has it approved as any other.',
  paste: 'The message as XML',
  file: 'Or a file',
  roster: 'Roster, where its status is not Actual',
  rosterNone: 'None',
  start: 'Make a draft of it',
  reading: 'Reading…',
  missing: 'Paste a message or choose a file.',
  refused: (n: number) => (n === 1 ? 'One thing keeps it out:' : `${n} things keep it out:`),
  place: 'Place',
  whole: 'The whole message',
  line: (no: number) => `Line ${no}`,
  says: 'What is wrong',
  done: 'It is a draft now.',
  forgiven: (n: number) =>
    n === 1 ? 'One thing to know before you send it:' : `${n} things to know before you send it:`,
  open: 'Go on with the draft',
  another: 'Import another',
  profiles: 'Other networks',
  profilesHint: 'Whether a network that takes CAP would take this alert, by its profile.',
  profile: 'Profile',
  fits: 'Fits: nothing is wrong with it there.',
  faults: 'The network refuses it for this:',
  warnings: (n: number) => `The network advises (${n})`,
}
