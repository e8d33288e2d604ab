import { z } from 'zod'
import type { SmppDialect } from '../../carriers/smpp/dialect.ts'
import { PRESETS, type PresetName } from '../../carriers/smpp/presets.ts'
import type { Joining } from '../../encoding/link-text.ts'
import type { DefaultAlphabet } from '../../encoding/message-text.ts'
import { COMMAND_STATUS, type CommandStatusName } from '../../encoding/smpp.ts'
import type { Fault } from '../../errors.ts'
import { faultAt } from '../../faults.ts'

/**
 * What message centres do differently (`carriers/smpp/dialect.ts`), as it is configured and kept. What is not said
 * when an account is set up is what its preset says, or else the usual.
 */

const ALPHABETS = [
  'GSM7',
  'GSM7-packed',
  'latin1',
  'ascii',
] as const satisfies readonly DefaultAlphabet[]
const JOININGS = ['udh8', 'udh16', 'sar', 'payload'] as const satisfies readonly Joining[]
/** What can be said of a status; what else may become of a message is not the message centre's to say. */
const STATUS_KINDS = ['throttled', 'elsewhere', 'permanent', 'configuration'] as const

const octet = z.int().min(0).max(0xff)
// SMPP 3.4 §5.2.5, §5.2.6
const ton = z.int().min(0).max(6)
const npi = z.int().min(0).max(18)
const status = z
  .string()
  .regex(/^(ESME_R\w{1,40}|0[xX][0-9a-fA-F]{1,8})$/, 'must be a command_status: 0x… or its name')

const fields = {
  defaultAlphabet: z.enum(ALPHABETS).meta({
    description:
      'What data_coding 0 means at the message centre, both ways: usually GSM7, one septet an octet. ' +
      'A text with a character that it lacks goes as UCS-2',
  }),
  dataCoding: z.strictObject({ defaultAlphabet: octet, ucs2: octet }).meta({
    description: 'data_coding of texts in the default alphabet and in UCS-2: usually 0 and 8',
  }),
  longMessages: z.enum(JOININGS).meta({
    description:
      'How segments are joined: by a header with a reference of 8 bits (153 septets or 67 characters a segment), ' +
      'usually, or of 16 (152, 66), by sar TLVs, or all in one message_payload (both as with 8 bits)',
  }),
  sourceTon: ton.meta({ description: 'Where the address does not tell it' }),
  sourceNpi: npi.meta({ description: 'Where the address does not tell it' }),
  destinationTon: ton.meta({ description: 'Usually 1' }),
  destinationNpi: npi.meta({ description: 'Usually 1' }),
  serviceType: z
    .string()
    .max(5)
    .regex(/^[\x20-\x7e]*$/, 'must be printable ASCII')
    .meta({ description: 'Usually empty' }),
  validity: z.enum(['relative', 'absolute', 'none']).meta({
    description:
      'How validity_period is written: usually relative. With none, what a carrier has taken may come after the end',
  }),
  registeredDelivery: z.enum(['none', 'final', 'intermediate']).meta({
    description: 'Which receipts are asked for: usually final ones',
  }),
  statuses: z.record(status, z.enum(STATUS_KINDS)).meta({
    description:
      'What a command_status in submit_sm_resp means here, by its number or name, where it is not the usual',
    example: { '0x00000401': 'permanent' },
  }),
}

/** As it is kept and shown. */
export const dialectFields = {
  ...fields,
  sourceTon: fields.sourceTon.optional(),
  sourceNpi: fields.sourceNpi.optional(),
  destinationTon: fields.destinationTon.optional(),
  destinationNpi: fields.destinationNpi.optional(),
}

const presetNames = Object.keys(PRESETS) as [PresetName, ...PresetName[]]

/** Of an account that is being set up, or changed. */
export const dialectEditFields = z.strictObject(fields).partial().shape
export const newDialectFields = {
  ...dialectEditFields,
  preset: z
    .enum(presetNames)
    .optional()
    .meta({
      description: [
        'Fills in what is published of a message centre; what is said beside it counts more.',
        ...presetNames.map(name => `\`${name}\`: ${PRESETS[name].description}`),
      ].join(' '),
    }),
}

const dialectSchema = z.strictObject(dialectFields)
export type DialectSettings = z.output<typeof dialectSchema>

const USUAL: DialectSettings = {
  defaultAlphabet: 'GSM7',
  dataCoding: { defaultAlphabet: 0, ucs2: 8 },
  longMessages: 'udh8',
  serviceType: '',
  validity: 'relative',
  registeredDelivery: 'final',
  statuses: {},
}

/** As it is kept, of what was said when the account was set up. */
export function withPreset<Given extends { readonly preset?: PresetName | undefined }>({
  preset,
  ...given
}: Given): Omit<Given, 'preset'> & DialectSettings {
  const said = Object.entries(given).filter(([, value]) => value !== undefined)
  return {
    ...USUAL,
    ...(preset !== undefined && PRESETS[preset].settings),
    ...(Object.fromEntries(said) as typeof given),
  }
}

/** What is wrong with settings that are each right by themselves. Pointers are below the protocol's member. */
export function dialectFaults(settings: Partial<DialectSettings>): Fault[] {
  const { dataCoding, defaultAlphabet, statuses } = { ...USUAL, ...settings }
  const faults: Fault[] = []
  const { defaultAlphabet: coding } = dataCoding
  const isOther =
    (coding === 1 && defaultAlphabet !== 'ascii') ||
    (coding === 3 && defaultAlphabet !== 'latin1') ||
    coding === 8
  if (isOther) {
    // SMPP 3.4 §5.2.19: 1 is IA5, 3 Latin-1, 8 UCS-2; @, £ and $ lie elsewhere in them than in GSM-7.
    const detail = `${coding} is the data_coding of another alphabet than ${defaultAlphabet}`
    faults.push({ pointer: '/dataCoding/defaultAlphabet', detail })
  }
  const seen = new Set<number>()
  for (const name of Object.keys(statuses)) {
    const code = codeOf(name)
    const pointer = `/statuses/${name}`
    if (code === undefined) faults.push(faultAt(pointer, 'no_command_status'))
    else if (code === 0) faults.push(faultAt(pointer, 'no_refusal'))
    else if (seen.has(code)) faults.push(faultAt(pointer, 'named_twice'))
    else seen.add(code)
  }
  return faults
}

/** Accounts of before there were settings have the usual. */
export function openDialect(settings: Partial<DialectSettings>): SmppDialect {
  const { statuses, ...all } = { ...USUAL, ...settings }
  return {
    coding: {
      defaultAlphabet: all.defaultAlphabet,
      joining: all.longMessages,
      dataCoding: all.dataCoding,
    },
    source: { ton: all.sourceTon, npi: all.sourceNpi },
    destination: { ton: all.destinationTon, npi: all.destinationNpi },
    serviceType: all.serviceType,
    validity: all.validity,
    registeredDelivery: all.registeredDelivery,
    statuses: new Map(Object.entries(statuses).map(([name, kind]) => [codeOf(name)!, kind])),
  }
}

function codeOf(name: string): number | undefined {
  return name.startsWith('ESME_') ? COMMAND_STATUS[name as CommandStatusName] : Number(name)
}
