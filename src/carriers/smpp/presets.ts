import type { DefaultAlphabet } from '../../encoding/message-text.ts'
import type { Joining } from '../../encoding/link-text.ts'
import type { SmppDialect } from './dialect.ts'

/**
 * What some aggregators publish of their message centres, in the names of an account's settings. Only what its
 * source says: what it leaves open stays the usual. Host and port are the account's own affair.
 */

export interface Preset {
  /** In a sentence. */
  readonly description: string
  readonly source: string
  readonly settings: {
    readonly defaultAlphabet?: DefaultAlphabet
    readonly longMessages?: Joining
    readonly sourceTon?: number
    readonly sourceNpi?: number
    readonly destinationTon?: number
    readonly destinationNpi?: number
    readonly serviceType?: string
    readonly validity?: SmppDialect['validity']
  }
}

const VIBES = {
  sourceTon: 0,
  sourceNpi: 0,
  destinationTon: 0,
  destinationNpi: 0,
  serviceType: '',
  validity: 'none',
  longMessages: 'payload',
} as const

export const PRESETS = {
  vibes: {
    description: 'Vibes with numbers as senders, an account whose data_coding 0 is ASCII.',
    source: 'https://developer-aggregation.vibes.com/reference/encoding-message-settings',
    settings: { ...VIBES, defaultAlphabet: 'ascii' },
  },
  'vibes-gsm': {
    description: 'Vibes with numbers as senders, an account whose data_coding 0 is GSM-7.',
    source: 'https://developer-aggregation.vibes.com/reference/encoding-message-settings',
    settings: { ...VIBES, defaultAlphabet: 'GSM7' },
  },
  smsportal: {
    description: 'SMSPortal.',
    source: 'https://docs.smsportal.com/docs/smpp-usage',
    settings: {
      defaultAlphabet: 'GSM7',
      serviceType: '',
      sourceTon: 0,
      sourceNpi: 0,
      destinationTon: 0,
      destinationNpi: 0,
    },
  },
  'sinch-short-code': {
    description: 'Sinch with a short code that phones can answer.',
    source: 'https://developers.sinch.com/docs/sms/smpp/send-message',
    settings: { sourceTon: 0, sourceNpi: 1 },
  },
} as const satisfies Readonly<Record<string, Preset>>

export type PresetName = keyof typeof PRESETS
