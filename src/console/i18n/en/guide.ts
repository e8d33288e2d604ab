export const guide = {
  title: 'Your first alert, to simulated phones',
  stepOf: (done: number, all: number) => `${done} of ${all} done`,
  done: '(done)',
  steps: {
    key: 'Make a signing key',
    write: 'Write an alert',
    sign: 'Review and sign it',
    send: 'Send it',
    watch: 'See who answers',
    allClear: 'Send the all-clear',
    score: 'See your score',
  },
  hints: {
    key: 'On the situation screen, press “Make a signing key”. It is made in this browser and stays there; everything that is sent is signed with such a key.',
    write:
      'Press “New alert” (or the key N), choose a template such as “Flash flood”, and say where the danger is.',
    sign: 'Choose an area, press “Review and sign”, read each text as the phones will show it, and sign.',
    send: 'In a live alert a second person approves it. Here you send it yourself: press the button that says to how many phones.',
    watch:
      'The figures count while it is sent. Open “Replies”: whoever needs help stands at the top. Take one request.',
    allClear:
      'When the danger is over, press “All-clear”. It was written and signed with the alert, so one person sends it.',
    score: 'Look at how long each step took, and what the drill makes of it.',
  },
  finished: 'That was a whole alert. Sign out, or practise once more: it is the same in earnest.',
}
