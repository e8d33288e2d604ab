import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

/** The standards' own vectors, read from the folder that TOCSIN_CONFORMANCE_DATA names. No database. */
export default defineConfig({
  test: {
    root: here('../..'),
    include: ['test/conformance/**/*.test.ts'],
    reporters: ['default', here('../support/reporter.ts')],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 15_000,
  },
})
