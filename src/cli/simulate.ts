import { readFile } from 'node:fs/promises'
import { startControl } from '../simulator/control.ts'
import { ANSWER_SAFE_OR_HELP } from '../simulator/phones.ts'
import { readScenario, type Scenario } from '../simulator/scenario.ts'
import { startSimulator } from '../simulator/simulator.ts'
import { stopOnSignals } from './signals.ts'

/** One carrier of 500 segments a second whose phones answer as people do. */
const ORDINARY = (port: number): Scenario => ({
  seed: 1,
  phones: { seed: 1, rules: ANSWER_SAFE_OR_HELP },
  carriers: [
    {
      name: 'Simulated',
      port,
      accounts: [
        {
          systemId: 'tocsin',
          password: 'secret',
          segmentsPerSecond: 500,
          aboveLimit: 'throttle',
          binds: 4,
        },
      ],
      behaviour: { responses: { ms: 20, spreadMs: 40, missing: 0, twice: 0 } },
    },
  ],
})

/** Runs a scenario until it is interrupted, and says where its carriers and its control API listen. */
export async function simulate(
  path: string | undefined,
  { port }: { port: string },
): Promise<void> {
  const scenario =
    path === undefined
      ? ORDINARY(Number(port))
      : readScenario(JSON.parse(await readFile(path, 'utf8')) as unknown)
  const simulator = await startSimulator(scenario)
  const control = await startControl(simulator)
  for (const { name, port: at, accounts } of simulator.stats().carriers) {
    const who = accounts.map(account => account.systemId).join(', ')
    process.stdout.write(`${name} takes binds at 127.0.0.1:${at} (${who})\n`)
  }
  process.stdout.write(
    `What arrives, and how to make trouble: http://127.0.0.1:${control.port}/stats\n`,
  )
  stopOnSignals({
    async stop() {
      await control.close()
      await simulator.close()
    },
  })
}
