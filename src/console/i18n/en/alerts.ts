/** The words of the field, as people read them. */
export const alerts = {
  severity: {
    Extreme: 'Extreme',
    Severe: 'Severe',
    Moderate: 'Moderate',
    Minor: 'Minor',
    Unknown: 'Unknown',
  },
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
  sendingShare: (share: string) => `Sending ${share}`,
  phones: (n: number, shown: string) => (n === 1 ? '1 phone' : `${shown} phones`),
  alert: 'Alert',
  severityHead: 'Severity',
  stateHead: 'State',
  needHelp: 'Need help',
  untitled: 'Untitled alert',
}
