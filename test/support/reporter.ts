import { writeSync } from 'node:fs'
import type { Reporter, SerializedError, TestModule } from 'vitest/node'

/** Ends a run with one plain line, the very last: `N passed, N failed`. What can't even load has failed. */
export default class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly SerializedError[]): void {
    let passed = 0
    let failed = unhandled.length
    for (const module of modules) {
      for (const test of module.children.allTests()) {
        const { state } = test.result()
        if (state === 'passed') passed++
        else if (state !== 'skipped') failed++
      }
      failed += module.errors().length
      for (const suite of module.children.allSuites()) failed += suite.errors().length
    }
    if (modules.length === 0) failed++
    process.once('exit', () => writeSync(1, `${passed} passed, ${failed} failed\n`))
  }
}
