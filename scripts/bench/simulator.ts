/**
 * What the simulator itself costs, so that it is never what another bench measures: the loop by hand (hand-loop.ts),
 * plain and tight, at three peers in turns, each a process of its own whose processor time is read from /proc.
 *
 * - `bare`: a message centre that reads, counts and answers, and keeps nothing
 * - `sink`: the other end of the benches, which keeps the list of all that arrived
 * - `simulator`: the program of `tocsin simulate` with phones that read every text and answer it, and its control API
 *
 * A second of one core is what the peer's processor time says; a second of the clock also holds the loop's own
 * time, wherever both share a core.
 *
 *     npm run bench:simulator -- [--messages 600000] [--rounds 3]
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { scratchDirectory } from '../rehearsal.ts'
import { LOOPS, sendByHand } from './hand-loop.ts'
import { processorSeconds } from './processes.ts'
import { startSinkProcess } from './sink-process.ts'

const { values } = parseArgs({
  options: {
    messages: { type: 'string', default: '600000' },
    rounds: { type: 'string', default: '3' },
  },
})
const MESSAGES = Number(values.messages)
const LOOP_NAMES = ['plain', 'tight'] as const

interface Peer {
  readonly name: string
  readonly port: number
  readonly pid: number
  /** How many segments it has taken since it started. */
  taken(): Promise<number>
  stop(): Promise<void>
}

interface Measured {
  readonly ofOneCore: number
  readonly ofTheClock: number
}

async function startSink(name: string, flags: readonly string[]): Promise<Peer> {
  const sink = await startSinkProcess(flags)
  return {
    name,
    port: sink.port,
    pid: sink.pid,
    taken: async () => (await sink.counts()).taken,
    stop: () => sink.stop(),
  }
}

const SCENARIO = {
  carriers: [
    {
      name: 'Simulated',
      accounts: [{ systemId: 'bench', password: 'bench' }],
      behaviour: { receipts: { delay: { ms: 50 } } },
    },
  ],
  phones: {
    rules: [
      {
        when: '\\breply\\b.*\\b1\\b.*\\b2\\b',
        share: 0.1,
        delay: { ms: 0, spreadMs: 60_000 },
        choices: [{ say: [{ text: '1', means: 'option:1' }] }],
      },
    ],
  },
}

async function startSimulatorProcess(directory: string): Promise<Peer> {
  const file = join(directory, 'scenario.json')
  writeFileSync(file, JSON.stringify(SCENARIO))
  const program = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))
  const child: ChildProcess = spawn(process.execPath, [program, 'simulate', file], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  process.once('exit', () => child.kill('SIGKILL'))
  const said = { port: 0, control: '' }
  for await (const line of createInterface(child.stdout!)) {
    said.port ||= Number(/takes binds at \S+:(\d+)/.exec(line)?.[1] ?? 0)
    said.control ||= /http:\S+\/stats/.exec(line)?.[0] ?? ''
    if (said.control !== '') break
  }
  return {
    name: 'simulator',
    port: said.port,
    pid: child.pid!,
    async taken() {
      const stats = (await (await fetch(said.control)).json()) as { segments: number }
      return stats.segments
    },
    async stop() {
      child.kill('SIGTERM')
      await once(child, 'exit')
    },
  }
}

async function measurePeer(peer: Peer, loop: (typeof LOOP_NAMES)[number]): Promise<Measured> {
  const itself = (_command: string, _parent: number, pid: number) => pid === peer.pid
  const before = await peer.taken()
  const cpuBefore = await processorSeconds(itself)
  const { perSecond } = await sendByHand(peer.port, MESSAGES, LOOPS[loop])
  const cpu = (await processorSeconds(itself)) - cpuBefore
  const taken = (await peer.taken()) - before
  if (taken !== MESSAGES) throw new Error(`${peer.name} took ${taken} of ${MESSAGES}`)
  return { ofOneCore: Math.round(MESSAGES / cpu), ofTheClock: perSecond }
}

const directory = await scratchDirectory('bench-simulator')
const peers: Peer[] = []
try {
  peers.push(await startSink('bare', ['--counts']))
  peers.push(await startSink('sink', []))
  peers.push(await startSimulatorProcess(directory))
  const results = peers.flatMap(peer =>
    LOOP_NAMES.map(loop => ({ peer, loop, rounds: [] as Measured[] })),
  )
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const { peer, loop, rounds } of results) rounds.push(await measurePeer(peer, loop))
  }
  for (const { peer, loop, rounds } of results) {
    const most = (of: keyof Measured) =>
      Math.max(...rounds.map(round => round[of]))
        .toLocaleString('en')
        .padStart(9)
    process.stdout.write(
      `${peer.name.padEnd(10)} loop ${loop.padEnd(6)} ${most('ofOneCore')} submits a second of one core` +
        ` ${most('ofTheClock')} of the clock\n`,
    )
  }
  const figures = results.map(({ peer, loop, rounds }) => ({ peer: peer.name, loop, rounds }))
  process.stdout.write(`${JSON.stringify({ bench: 'simulator', messages: MESSAGES, figures })}\n`)
} finally {
  await Promise.all(peers.map(peer => peer.stop()))
  rmSync(directory, { recursive: true, force: true })
}
