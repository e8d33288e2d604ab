/** Of alerts that an author sends without an approver. */
export const breakGlass = {
  from: (time: string) => `Without an approver you can send it alone from ${time}.`,
  authorsSince: (time: string) =>
    `Nobody has approved it yet: since ${time} an author can send it alone.`,
  authorsFrom: (time: string) => `If nobody approves it, an author can send it alone from ${time}.`,
  isDue: 'Nobody has approved it yet.',
  title: 'Without an approver',
  open: 'Send it without an approver',
  means:
    'Nobody else checks it: it goes out on your signature alone. An alarm stands at the alert, and your name and your reason stand in its report and in the audit log.',
  letters: {
    now: 'Everybody here is written to at once by e-mail, you too: your name, your reason, and where it can be stopped.',
    down: 'Everybody here is written to by e-mail, you too. But no connection to the mail account is up: the e-mails wait for one, for 7 days at the most.',
    none: 'No mail account is set up. The e-mails to everybody here wait for one, for 7 days at the most: call those who must know now.',
  },
  reason: 'Reason',
  reasonHint: 'Everybody reads it, now and in the report.',
  reasonFirst: 'Write the reason first.',
  send: (phones: string) => `Send alone to ${phones}`,
  by: (name: string, time: string) => `${name} sends it alone, without an approver, at ${time}.`,
  because: (reason: string) => `Reason: ${reason}`,
  listed: 'Without an approver',
}
