import type { Account } from './account.ts'
import { type Delivery, partsOfAnswer } from './deliveries.ts'
import type { DeliveryQueue } from './delivery-queue.ts'
import type { Phones, Plan, Saying } from './phones.ts'
import { DUE, type Due, type Workings } from './workings.ts'

/** The phones behind a message centre: they read whole messages, make up their minds and say so, step by step. */
export interface Answers {
  /** The phone reads a whole message and makes up its mind; a text that it has had before is not answered. */
  read(account: Account, phone: number, message: number): void
  /** @returns the answer's number in the list */
  say(account: Account, phone: number, to: string, saying: Saying): number
  onTaken(delivery: Delivery): void
  /** An event of the agenda: a phone says the next of what it has planned. */
  readonly onSay: Due
}

const NO_MESSAGE = -1

/** @param queue asked for when something is to go out, for the queue in turn tells of what was taken */
export function createAnswers(
  workings: Workings,
  phones: Phones | undefined,
  queue: () => DeliveryQueue,
): Answers {
  const { list, agenda } = workings
  /** What phones have yet to say, by the message they answer. */
  const plans = new Map<number, { readonly plan: Plan; readonly account: Account }>()
  const planOfAnswer = new Map<number, { readonly message: number; readonly next: number }>()
  const partsLeft = new Map<number, number>()

  const send = (
    account: Account,
    phone: number,
    to: string,
    saying: Saying,
    message: number,
  ): number => {
    const parts = partsOfAnswer(saying.text)
    const answer = list.addAnswer(phone, saying.text, saying.means, message)
    partsLeft.set(answer, parts)
    for (let part = 1; part <= parts; part++) {
      queue().add(account, { kind: 'answer', answer, to, part })
    }
    return answer
  }

  return {
    read(account, phone, message) {
      if (phones === undefined || list.isRepeat(message)) return
      const plan = phones(phone, list.textOf(message))
      if (plan === undefined) return
      plans.set(message, { plan, account })
      agenda.add(plan.delays[0]!, DUE.say, message, 0, 0)
    },
    say: (account, phone, to, saying) => send(account, phone, to, saying, NO_MESSAGE),
    onTaken(delivery) {
      if (delivery.kind !== 'answer') return
      const { answer } = delivery
      const left = partsLeft.get(answer)! - 1
      if (left > 0) {
        partsLeft.set(answer, left)
        return
      }
      partsLeft.delete(answer)
      list.acknowledgeAnswer(answer)
      const step = planOfAnswer.get(answer)
      if (step === undefined) return
      planOfAnswer.delete(answer)
      const delay = plans.get(step.message)?.plan.delays[step.next] ?? 0
      agenda.add(delay, DUE.say, step.message, step.next, 0)
    },
    onSay(message, step) {
      const planned = plans.get(message)
      if (planned === undefined) return
      const { plan, account } = planned
      const { segment } = list.message(message)
      const to = list.sourceOf(segment)
      const answer = send(account, list.readerOf(message), to, plan.say[step]!, message)
      if (step + 1 < plan.say.length) planOfAnswer.set(answer, { message, next: step + 1 })
      else plans.delete(message)
    },
  }
}
