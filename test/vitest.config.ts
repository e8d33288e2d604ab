import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

/** Units and flows. The conformance suite needs data from outside the repository and has a config of its own. */
export default defineConfig({
  test: {
    root: here('..'),
    include: ['test/**/*.test.ts'],
    exclude: ['test/conformance/**'],
    globalSetup: [here('support/global-setup.ts')],
    reporters: ['default', here('support/reporter.ts')],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 15_000,
    hookTimeout: 30_000,
    env: { TOCSIN_LOG_LEVEL: 'fatal' },
  },
})
