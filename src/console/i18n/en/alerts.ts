import { severity } from '../../../reports/cap-words-en.ts'

/** The words of the field, as people read them. */
export const alerts = {
  severity,
  state: {
    draft: 'Draft',
    submitted: 'Waits for approval',
    approved: 'Approved, not sent',
    rejected: 'Rejected',
    sending: 'Sending',
    paused: 'Paused',
    sent: 'Sent',
    stopped: 'Stopped',
    expired: 'Expired',
  },
  since: (state: string, time: string) => `${state} since ${time}`,
  at: (state: string, time: string) => `${state} at ${time}`,
  sendingShare: (share: string) => `Sending ${share}`,
  phones: (n: number, shown: string) => (n === 1 ? '1 phone' : `${shown} phones`),
  alert: 'Alert',
  severityHead: 'Severity',
  stateHead: 'State',
  needHelp: 'Need help',
  untitled: 'Untitled alert',
  cancellation: (title: string) => `Cancellation: ${title}`,
  allClear: (title: string) => `All-clear: ${title}`,
  update: (title: string) => `Update: ${title}`,
}
