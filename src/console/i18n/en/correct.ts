/** The correction that was approved with the alert, sent by one person. */
export const correct = {
  cancelTitle: 'Cancel: sent in error',
  allClearTitle: 'Give the all-clear',
  errorFor: 'Sent in error for',
  about: (title: string) => `For: ${title}`,
  goesTo: (phones: string) => `It goes to exactly the ${phones} whose message may have left.`,
  stopsFirst: 'Whatever has not left yet is stopped first.',
  approvedText: 'This text was approved with the alert. You send it alone.',
  cancelButton: (phones: string) => `Send “sent in error” to ${phones}`,
  allClearButton: (phones: string) => `Send the all-clear to ${phones}`,
  cancelExercise: (phones: string) => `Exercise: send “sent in error” to ${phones}`,
  allClearExercise: (phones: string) => `Exercise: send the all-clear to ${phones}`,
  sending: 'Sending…',
  nonePrepared:
    'No such text was approved with this alert. Stop what is still going out, then write an update that says so.',
  back: 'Back to the alert',
  counting: 'Counting the phones…',
}
