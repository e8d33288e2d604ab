/** Of alerts that an author sends without an approver. */
export const breakGlass = {
  from: (time: string) => `Without an approver you can send it alone from ${time}.`,
  authorsFrom: (time: string) => `If nobody approves it, an author can send it alone from ${time}.`,
  isDue: 'Nobody has approved it yet.',
  title: 'Without an approver',
  open: 'Send it without an approver',
  means:
    'Nobody else checks it: it goes out on your signature alone. Everybody here is written to at once, with your name and your reason.',
  reason: 'Reason',
  reasonHint: 'Everybody reads it, now and in the report.',
  reasonFirst: 'Write the reason first.',
  send: (phones: string) => `Send alone to ${phones}`,
  by: (name: string, time: string) => `${name} sends it alone, without an approver, at ${time}.`,
  because: (reason: string) => `Reason: ${reason}`,
  listed: 'Without an approver',
}
