import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

const common = {
  root: here('..'),
  pool: 'forks',
  testTimeout: 15_000,
  hookTimeout: 30_000,
  env: { TOCSIN_LOG_LEVEL: 'fatal' },
} as const

const FLOWS = ['test/flows/**/*.test.ts']
const CONSOLE = ['test/console/**/*.test.ts']

/**
 * One suite in three parts, each when the one before has ended. Flows come alone, one at a time: each is several
 * processes, and they hold deadlines and paces by the peer's clock, which a browser beside them would take from them.
 * The conformance suite needs data from outside the repository and has a config of its own.
 */
export default defineConfig({
  test: {
    ...common,
    globalSetup: [here('support/global-setup.ts')],
    reporters: ['default', here('support/reporter.ts')],
    projects: [
      {
        test: {
          ...common,
          name: 'rooms',
          include: ['test/**/*.test.ts'],
          exclude: ['test/conformance/**', ...FLOWS, ...CONSOLE],
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          ...common,
          name: 'flows',
          include: FLOWS,
          maxWorkers: 1,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          ...common,
          name: 'console',
          include: CONSOLE,
          maxWorkers: 2,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
})
