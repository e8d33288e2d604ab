import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { addCarrier, hire, startTocsin, until } from '../../scripts/rehearsal.ts'
import { signIn } from '../../src/cli/client.ts'
import { signAs } from '../../src/cli/send.ts'
import { judge } from '../../src/simulator/judge.ts'
import { openDatabase } from '../../src/store/database.ts'
import { findRunningServer } from '../../src/store/embedded-running.ts'
import { temporaryDirectory } from '../support/cluster.ts'
import {
  ADMINISTRATOR,
  allBound,
  deliveriesOf,
  expectedTexts,
  floodAlert,
  playCarriers,
  settle,
  watchUntil,
} from '../support/service.ts'

const RECIPIENTS = 3_000
const NORTH = { name: 'North', segmentsPerSecond: 600, window: 50, binds: 2 }

/** The process and all that it has started, the database's server too: as after a power cut. */
async function killEverything(pid: number, postgres: string): Promise<void> {
  const lines = (await readFile(join(postgres, 'cluster', 'postmaster.pid'), 'utf8')).split('\n')
  const pids = [pid, ...(await childrenOf(pid)), Number(lines[0])]
  for (const one of new Set(pids)) process.kill(one, 'SIGKILL')
  await until(
    () => Promise.all(pids.map(isRunning)),
    running => !running.includes(true),
    'everything is dead',
  )
}

async function childrenOf(parent: number): Promise<number[]> {
  const children: number[] = []
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const [, ppid] = await stateOf(Number(name))
    if (ppid === parent) children.push(Number(name))
  }
  return children
}

/** Its state's letter and its parent; undefined where there is none. */
async function stateOf(pid: number): Promise<[state: string | undefined, parent: number]> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  // The name before it stands in brackets and may hold anything.
  const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return [stat === '' ? undefined : state, Number(parent)]
}

async function isRunning(pid: number): Promise<boolean> {
  const [state] = await stateOf(pid)
  return state !== undefined && state !== 'Z'
}

test(
  'after a kill of everything a second start finishes the alert',
  {
    timeout: 180_000,
  },
  async () => {
    const directory = await temporaryDirectory('data/postgres/cluster')
    onTestFinished(() => directory.remove())
    const postgres = join(directory.path, 'data', 'postgres')
    const env = {
      TOCSIN_DATA_DIR: join(directory.path, 'data'),
      TOCSIN_ADMIN_EMAIL: ADMINISTRATOR.email,
      TOCSIN_ADMIN_PASSWORD: ADMINISTRATOR.password,
    }
    const first = await startTocsin(env)
    onTestFinished(() => first.stop())
    const administrator = await signIn({ url: first.url, ...ADMINISTRATOR })
    const author = await hire(administrator, first.url, { name: 'Rosa Alvarez', roles: ['author'] })
    const approver = await hire(administrator, first.url, { name: 'Mei Chen', roles: ['approver'] })
    const simulator = await playCarriers([NORTH])
    onTestFinished(() => simulator.close())
    const { list } = simulator
    const port = simulator.centres[0]!.port
    await addCarrier(administrator, { ...NORTH, port, systemId: 'tocsin', password: 'pw' })
    await allBound(administrator)
    const database = openDatabase((await findRunningServer(postgres)) ?? '')
    const residents = await settle(database.db, RECIPIENTS)
    await database.close()
    const { id } = await author.client.post<{ id: string }>('/v1/alerts', floodAlert())
    await signAs(author.client, id, 'author', author.key)
    await signAs(approver.client, id, 'approver', approver.key)
    await approver.client.post(`/v1/alerts/${id}/dispatch`)
    await list.until(() => list.messages >= 1_000, 60_000)

    await killEverything(first.process.pid!, postgres)
    expect(list.messages).toBeLessThan(RECIPIENTS)
    const second = await startTocsin(env)
    onTestFinished(() => second.stop())

    const again = await signIn({ url: second.url, email: author.email, password: author.password })
    const { progress } = await watchUntil(
      again,
      id,
      ({ state, queued }) => state === 'sent' && queued === 0,
      90_000,
    )
    const verdict = judge(list, expectedTexts(residents))
    expect(verdict).toMatchObject({ reached: RECIPIENTS, missed: [], outside: [], wrongText: [] })
    const deliveries = await deliveriesOf(again, id)
    const marked = new Set(
      deliveries.filter(delivery => delivery.possibleDuplicate).map(delivery => delivery.phone),
    )
    expect(verdict.twice.filter(phone => !marked.has(phone))).toEqual([])
    expect(progress.possibleDuplicates).toBe(marked.size)
    expect(marked.size).toBeLessThanOrEqual(2 * NORTH.window * NORTH.binds)
  },
)
