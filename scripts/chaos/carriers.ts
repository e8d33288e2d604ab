/** F6 to F9: carriers that fall silent, stall, answer late, twice or never, throttle and refuse. */
import { setTimeout as wait } from 'node:timers/promises'
import type { Simulator } from '../../src/simulator/simulator.ts'
import { deliveriesOf } from '../rehearsal.ts'
import type { Installation, PlayedCarrier } from './installation.ts'
import { exposureOf, goThrough } from './ordeal.ts'
import { inspect } from './processes.ts'
import type { Bounds, Found } from './scenario.ts'

const RESPONSES = { ms: 20, spreadMs: 40, missing: 0, twice: 0 }
const PATIENCE = { enquireLinkSeconds: 1, responseTimeoutSeconds: 2 }
const NORTH: PlayedCarrier = {
  name: 'North',
  segmentsPerSecond: 600,
  window: 50,
  binds: 2,
  behaviour: { responses: RESPONSES },
  smpp: PATIENCE,
}
const SOUTH: PlayedCarrier = { ...NORTH, name: 'South', segmentsPerSecond: 300, binds: 1 }
const RECIPIENTS = 3_500
/** That the carrier which is well does not run out of them meanwhile. */
const ENOUGH = 6_000

/** F6: the peer's machine is gone and TCP does not know: nothing that is written is read, nothing comes. */
export async function haltCarrier({ say, town, nextValley }: Bounds): Promise<Found> {
  const installation = await town()
  const simulator = await installation.play([NORTH, SOUTH])
  let boundAgainMs = 0
  const size = { valleyNo: nextValley(), recipients: RECIPIENTS }
  const { settled, wrong } = await goThrough(installation, simulator, size, async ordeal => {
    await ordeal.untilArrived(RECIPIENTS / 5)
    const before = takenBy(simulator, 0)
    simulator.links('stall', NORTH.name)
    say(`North reads nothing more, at ${ordeal.arrived()} messages`)
    const startedAt = performance.now()
    while (takenBy(simulator, 0) < before + 100 && performance.now() - startedAt < 30_000) {
      await wait(20)
    }
    boundAgainMs = performance.now() - startedAt
    // Whatever lay in the buffers on the way is read after all.
    simulator.links('resume', NORTH.name)
    return exposureOf([NORTH])
  })
  // The enquire_link period, its timeout, and a bind.
  if (boundAgainMs > 10_000) wrong.push(`the link was not replaced in ${boundAgainMs / 1000} s`)
  return {
    counts: { ...settled, 'replaced after': `${(boundAgainMs / 1000).toFixed(1)} s` },
    wrong,
  }
}

/** F7: a carrier that takes everything and answers nothing, on every link that is made to it. */
export async function stallCarrier({ say, town, nextValley }: Bounds): Promise<Found> {
  const installation = await town()
  const simulator = await installation.play([NORTH, SOUTH])
  const mutedMs = 8_000
  let grownMb = 0
  let southShare = 0
  let muted = 0
  const size = { valleyNo: nextValley(), recipients: ENOUGH }
  const { settled, wrong } = await goThrough(installation, simulator, size, async ordeal => {
    await ordeal.untilArrived(ENOUGH / 6)
    const mbBefore = await residentMb(installation)
    const southBefore = takenBy(simulator, 1)
    say(`North answers nothing for ${mutedMs / 1000} s, at ${ordeal.arrived()} messages`)
    const until = performance.now() + mutedMs
    for (let binds = 0; performance.now() < until;) {
      const now = simulator.links('mute', NORTH.name)
      if (now > binds) muted += now - binds
      binds = now
      grownMb = Math.max(grownMb, (await residentMb(installation)) - mbBefore)
      await wait(50)
    }
    southShare = (takenBy(simulator, 1) - southBefore) / SOUTH.segmentsPerSecond / (mutedMs / 1000)
    simulator.links('drop', NORTH.name)
    // Each link that was muted had its window in it.
    return exposureOf([NORTH]) + muted * NORTH.window
  })
  if (grownMb > 64) wrong.push(`the dispatcher grew by ${Math.round(grownMb)} MB`)
  if (southShare < 0.8) {
    wrong.push(`South was used at ${Math.round(southShare * 100)} % of its rate meanwhile`)
  }
  return {
    counts: {
      ...settled,
      'the other carrier': `${Math.round(southShare * 100)} % of its rate`,
      'dispatcher grew': `${Math.round(grownMb)} MB`,
    },
    wrong,
  }
}

/** F8: responses late and out of order, twice, or never; a second one names a sequence that is over. */
export async function garbleResponses({ say, town, nextValley }: Bounds): Promise<Found> {
  const installation = await town()
  const missing = 0.002
  const behaviour = { responses: { ms: 20, spreadMs: 600, missing, twice: 0.1 } }
  const simulator = await installation.play([
    { ...NORTH, window: 300, behaviour },
    { ...SOUTH, window: 300, behaviour },
  ])
  say('responses come late, out of order, twice and never')
  const size = { valleyNo: nextValley(), recipients: RECIPIENTS }
  // One missing of a message's two puts both in doubt; three times the mean and some is never reached by chance.
  const most = Math.ceil(RECIPIENTS * 1.4 * missing * 3) + 10
  const { settled, wrong } = await goThrough(installation, simulator, size, async () => most)
  if (settled.marked === 0) wrong.push('no response was missed: nothing was tried')
  return { counts: { ...settled, 'may be in doubt': most }, wrong }
}

/** F9: a storm of throttling, then one in ten refused for trouble, some phones for good. */
export async function refuseMuch({ say, town, nextValley }: Bounds): Promise<Found> {
  const installation = await town()
  const simulator = await installation.play([NORTH, SOUTH])
  const stormMs = 4_000
  const size = { valleyNo: nextValley(), recipients: RECIPIENTS }
  let again: number[] = []
  const { settled, wrong } = await goThrough(installation, simulator, size, async ordeal => {
    const refuse = (errors: NonNullable<PlayedCarrier['behaviour']>['errors'] & object) =>
      simulator.change({
        carriers: [NORTH, SOUTH].map(({ name }) => ({ name, behaviour: { errors } })),
      })
    await ordeal.untilArrived(RECIPIENTS / 5)
    say(`both carriers throttle, at ${ordeal.arrived()} messages`)
    refuse([
      { status: 'ESME_RTHROTTLED', share: 0.3, of: 'messages' },
      { status: 'ESME_RMSGQFUL', share: 0.3, of: 'messages' },
    ])
    await wait(stormMs)
    say(`one in ten is refused for trouble, one phone in thirty for good`)
    refuse([
      { status: 'ESME_RSYSERR', share: 0.1, of: 'messages' },
      { status: 'ESME_RINVDSTADR', share: 0.03, of: 'phones' },
    ])
    await ordeal.untilArrived(RECIPIENTS * 0.9)
    const deliveries = await deliveriesOf(installation.author.client, ordeal.alertId)
    again = deliveries
      .filter(({ reason }) => reason === 'ESME_RINVDSTADR')
      .map(({ attempts }) => attempts)
    return 0
  })
  if (again.length === 0) wrong.push('nobody was refused for good: nothing was tried')
  if (settled.refused < again.length) wrong.push('somebody was refused for good and then sent to')
  const statuses = sumOf(simulator)
  return { counts: { ...settled, ...statuses }, wrong }
}

const takenBy = (simulator: Simulator, carrier: number): number =>
  simulator.centres[carrier]!.stats()[0]!.submitted['ESME_ROK'] ?? 0

function sumOf({ centres }: Simulator): Record<string, number> {
  const sums: Record<string, number> = {}
  for (const [status, count] of centres.flatMap(centre =>
    Object.entries(centre.stats()[0]!.submitted),
  )) {
    sums[status] = (sums[status] ?? 0) + count
  }
  return sums
}

async function residentMb(installation: Installation): Promise<number> {
  const facts = await Promise.all((await installation.dispatchers()).map(inspect))
  return facts.reduce((sum, one) => sum + (one?.residentMb ?? 0), 0)
}
