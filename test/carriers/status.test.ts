import { expect, test } from 'vitest'
import { meaningOf, needsOperator } from '../../src/carriers/smpp/status.ts'

// CARRIERS' classes; the numbers are SMPP 3.4's.
test.each([
  [0x58, 'throttled', 'ESME_RTHROTTLED'],
  [0x14, 'throttled', 'ESME_RMSGQFUL'],
  [0x08, 'elsewhere', 'ESME_RSYSERR'],
  [0x45, 'elsewhere', 'ESME_RSUBMITFAIL'],
  [0x64, 'elsewhere', 'ESME_RX_T_APPN'],
  [0xff, 'elsewhere', 'ESME_RUNKNOWNERR'],
  [0x400, 'elsewhere', '0x00000400'],
  [0x0b, 'permanent', 'ESME_RINVDSTADR'],
  [0x33, 'permanent', 'ESME_RINVNUMDESTS'],
  [0x62, 'permanent', 'ESME_RINVEXPIRY'],
  [0x65, 'permanent', 'ESME_RX_P_APPN'],
  [0x66, 'permanent', 'ESME_RX_R_APPN'],
  [0x0a, 'configuration', 'ESME_RINVSRCADR'],
  [0x04, 'configuration', 'ESME_RINVBNDSTS'],
  [0x0e, 'configuration', 'ESME_RINVPASWD'],
])('command_status 0x%s is %s', (status, kind, reason) => {
  expect(meaningOf(status, new Map())).toEqual({ kind, reason })
})

test('a bind refused for its credentials needs somebody, one refused for the moment does not', () => {
  expect(['ESME_RINVPASWD', 'ESME_RINVSYSID'].every(needsOperator)).toBe(true)
  expect(
    ['ESME_RSYSERR', 'ESME_RALYBND', 'ESME_RBINDFAIL', 'ECONNREFUSED'].some(needsOperator),
  ).toBe(false)
})
