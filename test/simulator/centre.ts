import { onTestFinished } from 'vitest'
import {
  type MessageCentre,
  type MessageCentreOptions,
  startMessageCentre,
} from '../../src/simulator/message-centre.ts'
import { type BindAs, type Esme, bindEsme } from './esme.ts'

export const ACCOUNT = { systemId: 'tocsin', password: 'secret' }

/** One account, and no receipts unless asked for; closed with the test. */
export async function aCentre(options: Partial<MessageCentreOptions> = {}): Promise<MessageCentre> {
  const centre = await startMessageCentre({
    name: 'North',
    accounts: [ACCOUNT],
    ...options,
    behaviour: { receipts: 'none', ...options.behaviour },
  })
  onTestFinished(() => centre.close())
  return centre
}

export async function anEsme(
  centre: MessageCentre,
  as: BindAs = {},
): Promise<Esme & { status: number }> {
  const esme = await bindEsme(centre.port, as)
  onTestFinished(() => esme.session.destroy())
  return esme
}
