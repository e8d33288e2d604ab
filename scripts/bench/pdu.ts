/**
 * bench:pdu: PDUs read and written a second of one core, by our codec and by that of the `smpp` package, in turns,
 * in one run. No socket and no database.
 *
 * *parse* makes of a frame what the layer above needs, the text of a message included, for the package decodes it
 * as well. *build* makes a frame of an object. *in place* is what an alert takes: a submit_sm written from its text's
 * template, and the id read from its response; the package has nothing of the kind.
 *
 * `--seconds 1` a measurement, `--rounds 3` of which the fastest counts.
 */
import { parseArgs } from 'node:util'
import smpp from 'smpp'
import { decodeText } from '../../src/encoding/message-text.ts'
import {
  prepareSubmit,
  readMessageId,
  submitOctets,
  writeSubmit,
} from '../../src/encoding/pdu-in-place.ts'
import { NO_TLVS, decodePdu, encodePdu } from '../../src/encoding/pdu.ts'
import {
  type Pdu,
  type ShortMessagePdu,
  TLV,
  type Tlvs,
  isPduFault,
} from '../../src/encoding/smpp.ts'
import { textsOf } from './cases.ts'

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '1' },
    rounds: { type: 'string', default: '3' },
  },
})
const SECONDS = Number(values.seconds)
const ROUNDS = Number(values.rounds)
/** Different PDUs, so that nothing is the same as the last time. */
const COUNT = 1_000
/** Long enough for the collector to take its part in each. */
const BATCH = 20_000
const GOAL = 300_000

const text = Buffer.from(textsOf('short', 0)[0]!)
const phoneOf = (i: number) => String(15_550_000_000 + i)
const idOf = (i: number) => (1_764_000_000_000_000 + i).toString()
const receiptOf = (i: number) =>
  Buffer.from(
    `id:${idOf(i)} sub:001 dlvrd:001 submit date:2611281200 done date:2611281201 stat:DELIVRD err:000 text:`,
  )

/** Each field in its place, as the reader makes them: objects that were spread together are slow to read. */
const messageOf = (
  command: 'submit_sm' | 'deliver_sm',
  i: number,
  [from, to]: readonly [string, string],
  { esmClass, message, tlvs }: { esmClass: number; message: Buffer; tlvs: Tlvs },
): ShortMessagePdu => ({
  command,
  command_status: 0,
  sequence_number: i + 1,
  service_type: '',
  source_addr_ton: 1,
  source_addr_npi: 1,
  source_addr: from,
  dest_addr_ton: 1,
  dest_addr_npi: 1,
  destination_addr: to,
  esm_class: esmClass,
  protocol_id: 0,
  priority_flag: 0,
  schedule_delivery_time: '',
  validity_period: command === 'submit_sm' ? '000000010000000R' : '',
  registered_delivery: command === 'submit_sm' ? 1 : 0,
  replace_if_present_flag: 0,
  data_coding: 0,
  sm_default_msg_id: 0,
  short_message: message,
  tlvs,
})

const pdus: Readonly<Record<'submit_sm' | 'submit_sm_resp' | 'deliver_sm', (i: number) => Pdu>> = {
  submit_sm: i =>
    messageOf('submit_sm', i, ['72345', phoneOf(i)], { esmClass: 0, message: text, tlvs: NO_TLVS }),
  submit_sm_resp: i => ({
    command: 'submit_sm_resp',
    command_status: 0,
    sequence_number: i + 1,
    message_id: idOf(i),
    tlvs: NO_TLVS,
  }),
  deliver_sm: i =>
    messageOf('deliver_sm', i, [phoneOf(i), '72345'], {
      esmClass: 4,
      message: receiptOf(i),
      tlvs: new Map([
        [TLV.receipted_message_id, Buffer.from(`${idOf(i)}\0`)],
        [TLV.message_state, Uint8Array.of(2)],
      ]),
    }),
}

/** In the package's words: TLVs lie among the fields. What it doesn't know it passes over. */
function theirs(pdu: Pdu, i: number): Record<string, unknown> {
  const fields = pdu as unknown as Record<string, unknown>
  if (pdu.command !== 'deliver_sm') return fields
  return Object.assign({}, fields, { receipted_message_id: idOf(i), message_state: 2 })
}

/** Kept, so that no work is left out as useless. */
let sum = 0

type Work = (i: number) => void

/**
 * By processor time, the collector's threads included, in batches of which the fastest counts: on a machine that does
 * other things too the rest says how it shares its caches.
 */
function perSecond(work: Work): number {
  const start = process.cpuUsage()
  let best = 0
  for (let spent = 0; spent < SECONDS;) {
    const before = process.cpuUsage()
    for (let done = 0; done < BATCH; done += COUNT) for (let i = 0; i < COUNT; i++) work(i)
    const batch = secondsSince(before)
    best = Math.max(best, Math.round(BATCH / batch))
    spent = secondsSince(start)
  }
  return best
}

function secondsSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1e6
}

const parse = (frame: Buffer) => {
  const pdu = decodePdu(frame)
  if (isPduFault(pdu)) throw new Error(pdu.fault)
  sum += pdu.sequence_number
  if ('short_message' in pdu && 'data_coding' in pdu) {
    sum += decodeText(pdu.short_message, pdu.data_coding).length
  }
}

const out = Buffer.alloc(1_024)
const template = prepareSubmit(
  messageOf('submit_sm', 0, ['72345', ''], { esmClass: 0, message: text, tlvs: NO_TLVS }),
)
if (submitOctets(template) > out.length) throw new Error('the text is too long for the bench')
const numbers = Array.from({ length: COUNT }, (_, i) => `+${phoneOf(i)}`)

interface Row {
  readonly name: string
  readonly ours: Work
  readonly theirs: Work | undefined
}

const rows: Row[] = []
for (const name of ['submit_sm', 'submit_sm_resp', 'deliver_sm'] as const) {
  const objects = Array.from({ length: COUNT }, (_, i) => pdus[name](i))
  const options = objects.map(theirs)
  const frames = objects.map(encodePdu)
  rows.push(
    {
      name: `parse ${name}`,
      ours: i => parse(frames[i]!),
      theirs: i => void (sum += smpp.PDU.fromBuffer(frames[i]!).sequence_number),
    },
    {
      name: `build ${name}`,
      ours: i => void (sum += encodePdu(objects[i]!).length),
      theirs: i => void (sum += new smpp.PDU(name, options[i]!).toBuffer().length),
    },
  )
  if (name === 'submit_sm') {
    const write = (i: number) => writeSubmit(out, 0, template, i + 1, numbers[i]!, 0)
    rows.push({
      name: `in place, ${name} written`,
      ours: i => void (sum += write(i)),
      theirs: undefined,
    })
  } else if (name === 'submit_sm_resp') {
    const read = (i: number) => readMessageId(frames[i]!, 0, frames[i]!.length).length
    rows.push({
      name: `in place, ${name} read`,
      ours: i => void (sum += read(i)),
      theirs: undefined,
    })
  }
}

const results = rows.map(row => ({ ...row, best: { ours: 0, theirs: 0 } }))
for (let round = 0; round < ROUNDS; round++) {
  for (const { ours, theirs: package_, best } of results) {
    best.ours = Math.max(best.ours, perSecond(ours))
    if (package_ !== undefined) best.theirs = Math.max(best.theirs, perSecond(package_))
  }
}

const shown = (count: number) => count.toLocaleString('en').padStart(11)
process.stdout.write(`${'PDUs a second a core'.padEnd(32)}       ours       smpp   ratio\n`)
for (const { name, best } of results) {
  const beside =
    best.theirs === 0
      ? ''
      : `${shown(best.theirs)} ${(best.ours / best.theirs).toFixed(1).padStart(7)}`
  const falls = best.ours < GOAL ? `  under ${GOAL.toLocaleString('en')}` : ''
  process.stdout.write(`${name.padEnd(32)}${shown(best.ours)}${beside}${falls}\n`)
}
const measured = Object.fromEntries(results.map(({ name, best }) => [name, best]))
process.stdout.write(
  `${JSON.stringify({ bench: 'pdu', rounds: ROUNDS, results: measured, sum })}\n`,
)
