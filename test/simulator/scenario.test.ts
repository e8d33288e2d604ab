import { expect, test } from 'vitest'
import { isAppError } from '../../src/errors.ts'
import { readScenario, readScenarioChange, readSpokenText } from '../../src/simulator/scenario.ts'

const account = { systemId: 'tocsin', password: 'secret' }

function faultsOf(read: (value: unknown) => unknown, value: unknown): readonly string[] {
  try {
    read(value)
  } catch (error) {
    if (isAppError(error)) return error.faults.map(fault => `${fault.pointer} ${fault.detail}`)
    throw error
  }
  return []
}

test('a carrier with an account is a scenario, the rest has usual values', () => {
  expect(readScenario({ carriers: [{ name: 'North', accounts: [account] }] })).toEqual({
    seed: 1,
    carriers: [{ name: 'North', port: 0, accounts: [account], behaviour: {} }],
    phones: { seed: 1, rules: [] },
  })
})

test('a whole scenario is read as it stands', () => {
  const whole = {
    seed: 7,
    carriers: [
      {
        name: 'North',
        port: 2775,
        accounts: [{ ...account, segmentsPerSecond: 3000, aboveLimit: 'throttle', binds: 4 }],
        behaviour: {
          responses: { ms: 20, spreadMs: 30, missing: 0.01, twice: 0 },
          errors: [{ status: 'ESME_RSYSERR', share: 0.01, of: 'messages' }],
          receipts: {
            share: 1,
            delay: { ms: 500, spreadMs: 2000 },
            failed: 0.01,
            expired: 0,
            twice: 0,
            form: 'TLVs',
            messageId: 'hexadecimal',
          },
          messageId: 'HEXADECIMAL',
          defaultAlphabet: 'latin1',
          deliveries: { window: 10, retryMs: 500, timeoutMs: 5000 },
          enquire: { everyMs: 1000, withinMs: 500 },
        },
      },
    ],
    phones: {
      seed: 3,
      rules: [
        {
          when: '\\breply\\b',
          share: 0.6,
          delay: { ms: 100, spreadMs: 1000 },
          choices: [{ weight: 2, say: [{ text: '1', means: 'option:1' }] }],
        },
      ],
    },
  }
  expect(readScenario(whole)).toEqual(whole)
})

test.each([
  [null, ' must be an object'],
  [{}, '/carriers is missing'],
  [{ carriers: [] }, '/carriers must have 1 or more'],
  [
    { carriers: [{ name: 'N', accounts: [account], colour: 1 }] },
    '/carriers/0/colour is not known',
  ],
  [
    { carriers: [{ name: 'N', accounts: [{ ...account, password: 'too long for SMPP' }] }] },
    '/carriers/0/accounts/0/password must be 1 to 8 ASCII characters',
  ],
  [
    { carriers: [{ name: 'N', accounts: [{ ...account, segmentsPerSecond: 0 }] }] },
    '/carriers/0/accounts/0/segmentsPerSecond must be a number from 1 to 1000000',
  ],
])('%j is refused with its place', (value, fault) => {
  expect(faultsOf(readScenario, value)).toEqual([fault])
})

test('every fault is told at once', () => {
  const behaviour = {
    errors: [{ status: 'ESME_TIRED', share: 2 }],
    receipts: { delay: { ms: -1 } },
  }
  const rules = [{ when: '(', choices: [{ say: [{ text: '', means: 'maybe' }] }] }]
  const faults = faultsOf(readScenario, {
    carriers: [{ name: 'N', accounts: [account], behaviour }],
    phones: { rules },
  })
  expect(faults.map(fault => fault.split(' ')[0])).toEqual([
    '/carriers/0/behaviour/errors/0/status',
    '/carriers/0/behaviour/errors/0/share',
    '/carriers/0/behaviour/receipts/delay/ms',
    '/phones/rules/0/when',
    '/phones/rules/0/choices/0/say/0/text',
    '/phones/rules/0/choices/0/say/0/means',
  ])
})

test('a change names only what changes', () => {
  const change = { carriers: [{ name: 'North', behaviour: { receipts: 'none' } }] }
  expect(readScenarioChange(change)).toEqual(change)
  expect(faultsOf(readScenarioChange, { carriers: [{ behaviour: {} }] })).toEqual([
    '/carriers/0/name is missing',
  ])
})

test('a text to be said needs a phone', () => {
  expect(readSpokenText({ from: '+15550000001', text: 'STOP', means: 'optOut' })).toEqual({
    from: '+15550000001',
    text: 'STOP',
    means: 'optOut',
  })
  expect(faultsOf(readSpokenText, { from: '15550000001', text: '1' })).toEqual([
    '/from must be a phone number in E.164',
  ])
})
