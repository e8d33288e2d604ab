/** F10 and F11: receipts before their responses, twice and contradicting; a flood of replies and their repeats. */
import { setTimeout as wait } from 'node:timers/promises'
import { NOBODY_ANSWERS, type PlayedCarrier } from './installation.ts'
import { goThrough } from './ordeal.ts'
import type { Bounds, Found } from './scenario.ts'

const NORTH: PlayedCarrier = { name: 'North', segmentsPerSecond: 600, window: 400, binds: 2 }
const RECIPIENTS = 4_000
/** SMPP 3.4 §5.2.12: an SMSC delivery receipt. */
const ESM_RECEIPT = 0x04

/** F10: receipts overtake responses, come twice, spell ids another way, and say UNDELIV after DELIVRD. */
export async function garbleReceipts({ say, town, nextValley }: Bounds): Promise<Found> {
  const installation = await town()
  const simulator = await installation.play([
    {
      ...NORTH,
      smpp: { messageIds: { response: 'decimal', receipt: 'hexadecimal' } },
      behaviour: {
        responses: { ms: 150, spreadMs: 300, missing: 0, twice: 0 },
        messageId: 'decimal',
        receipts: {
          share: 1,
          delay: { ms: 0, spreadMs: 200 },
          failed: 0,
          expired: 0,
          twice: 0.2,
          form: 'text',
          messageId: 'HEXADECIMAL',
        },
      },
    },
  ])
  const centre = simulator.centres[0]!
  const { list } = simulator
  let contradicted = 0
  say('receipts overtake their responses, come twice, and take back what they said')
  const size = { valleyNo: nextValley(), recipients: RECIPIENTS }
  const { settled, wrong } = await goThrough(installation, simulator, size, async ordeal => {
    await ordeal.untilArrived(RECIPIENTS / 2)
    await wait(1_000)
    for (; contradicted < 500; contradicted++) {
      const { phone, source, messageId } = list.segment(contradicted)
      const id = messageId.toString(16).toUpperCase().padStart(16, '0')
      const text = `id:${id} sub:001 dlvrd:000 submit date:2601010000 done date:2601010001 stat:UNDELIV err:001 text:`
      centre.deliver('tocsin', phone, source, {
        esm_class: ESM_RECEIPT,
        short_message: Buffer.from(text, 'latin1'),
      })
    }
    return 0
  })
  if (settled.stated > 0) wrong.push(`${settled.stated} have failed that were delivered`)
  return { counts: { ...settled, contradicted }, wrong }
}

/** F11: everybody who was reached answers at once, and the carrier says each answer a dozen times. */
export async function floodWithReplies({ say, town, nextValley }: Bounds): Promise<Found> {
  const installation = await town()
  const simulator = await installation.play([NORTH], NOBODY_ANSWERS)
  const centre = simulator.centres[0]!
  const { list } = simulator
  const answering = 1_600
  const repeats = 12
  let seconds = 0
  const size = { valleyNo: nextValley(), recipients: RECIPIENTS }
  const { settled, wrong } = await goThrough(installation, simulator, size, async ordeal => {
    await ordeal.untilArrived(answering)
    say(`${answering * (repeats + 1)} replies at once, at ${ordeal.arrived()} messages`)
    const startedAt = performance.now()
    for (let i = 0; i < answering; i++) {
      const { phone, source } = list.segment(list.message(i).segment)
      simulator.say({
        from: phone,
        text: i % 5 === 0 ? '2' : '1',
        means: i % 5 === 0 ? 'option:2' : 'option:1',
      })
      for (let repeat = 0; repeat < repeats; repeat++) {
        centre.deliver('tocsin', phone, source, {
          short_message: Buffer.from(i % 5 === 0 ? '2' : '1', 'latin1'),
        })
      }
    }
    // They stand in one queue with their repeats.
    while (list.acknowledgedAnswers < list.answers) await wait(20)
    seconds = (performance.now() - startedAt) / 1000
    return 0
  })
  if (settled.replies !== answering) wrong.push(`${settled.replies} replied of ${answering}`)
  return {
    counts: {
      ...settled,
      'texts from phones': answering * (repeats + 1),
      'stored within': `${seconds.toFixed(1)} s`,
    },
    wrong,
  }
}
