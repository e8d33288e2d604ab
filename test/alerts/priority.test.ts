import { expect, test } from 'vitest'
import { priorityOf } from '../../src/alerts/priority.ts'

type Content = Parameters<typeof priorityOf>[0]

const content = (changes: Partial<Omit<Content, 'info'>>, ...responseTypes: string[][]): Content =>
  ({
    status: 'Actual',
    msgType: 'Alert',
    severity: 'Minor',
    info: responseTypes.map(responseType => ({ responseType })),
    ...changes,
  }) as Content

test.each([
  ['Extreme', 1],
  ['Severe', 2],
  ['Moderate', 3],
  ['Minor', 4],
  ['Unknown', 5],
] as const)('an alert that is %s has priority %i', (severity, priority) => {
  expect(priorityOf(content({ severity }))).toBe(priority)
  expect(priorityOf(content({ severity, msgType: 'Update' }, []))).toBe(priority)
})

test('a cancellation and an all-clear go before everything, whatever their severity', () => {
  expect(priorityOf(content({ msgType: 'Cancel' }, []))).toBe(0)
  expect(priorityOf(content({ msgType: 'Update' }, ['AllClear'], ['AllClear']))).toBe(0)
  // Part of it is no all-clear, and neither is an alert that follows nothing.
  expect(priorityOf(content({ msgType: 'Update' }, ['AllClear'], ['Shelter']))).toBe(4)
  expect(priorityOf(content({ msgType: 'Alert' }, ['AllClear']))).toBe(4)
})

test.each(['Exercise', 'System', 'Test'] as const)('%s gives way to all that is real', status => {
  expect(priorityOf(content({ status, severity: 'Extreme' }))).toBe(6)
  expect(priorityOf(content({ status, msgType: 'Cancel' }))).toBe(6)
})
