import { isSubmitError } from '../carriers/carrier.ts'
import { encodeText } from '../encoding/segments.ts'
import { describeError, log } from '../log.ts'
import { claimAnswers, finishAnswer } from '../store/answers.ts'
import { addressOfPhone } from '../store/contacts.ts'
import type { Database } from '../store/database.ts'
import type { Outgoing } from './outgoing.ts'

/** A mail account's test letters that wait: to the address of the member whose phone was given. */
export async function claimTestLetters(
  db: Database,
  claim: { carrierId: string; dispatcherId: string; limit: number },
): Promise<Outgoing[]> {
  const outgoing: Outgoing[] = []
  for (const { id, phone, text, expires } of await claimAnswers(db, claim)) {
    const finish = (failure: string | undefined) => {
      finishAnswer(db, id, failure).catch((error: unknown) => {
        const { carrierId } = claim
        log.warn({ carrierId, code: describeError(error) }, 'the end of a test was not written')
      })
    }
    const address = await addressOfPhone(db, phone)
    if (address === undefined) {
      finish('no_address')
      continue
    }
    outgoing.push({
      message: { to: address, text: encodeText(text), expiresAt: expires.getTime() },
      deadline: Infinity,
      ended: outcome => finish(isSubmitError(outcome) ? outcome.reason : undefined),
      // Whoever claims it when the claim has lapsed sends it.
      givenBack: () => undefined,
    })
  }
  return outgoing
}
