/**
 * What the npm scripts call: makes the checkout ready, then runs the command in this very process, so that
 * signals and the exit code are its own.
 */
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { fail, prepare, root } from './prepare.mjs'

const vitest = join('node_modules', 'vitest', 'vitest.mjs')

const commands = {
  build: { needs: 'build' },
  start: { needs: 'build', run: join('dist', 'main.js') },
  tocsin: { needs: 'build', run: join('dist', 'cli', 'main.js') },
  demo: { needs: 'build', run: join('scripts', 'demo.ts') },
  chaos: { needs: 'build', run: join('scripts', 'chaos.ts') },
  test: {
    needs: 'build',
    run: vitest,
    arguments: ['run', '--config', join(root, 'test', 'vitest.config.ts')],
  },
  'test:conformance': {
    needs: 'dependencies',
    run: vitest,
    arguments: ['run', '--config', join(root, 'test', 'conformance', 'vitest.config.ts')],
  },
}

const [name, ...rest] = process.argv.slice(2)
const command = commands[name]
if (command === undefined) fail(`${name} is none of ${Object.keys(commands).join(', ')}`)

if (name === 'test:conformance' && !process.env['TOCSIN_CONFORMANCE_DATA']) {
  process.stdout.write('TOCSIN_CONFORMANCE_DATA is not set: the conformance suite is skipped\n')
  process.exit(0)
}

prepare(command.needs)
if (command.run !== undefined) {
  const program = join(root, command.run)
  process.argv = [process.argv[0], program, ...(command.arguments ?? []), ...rest]
  if (program.endsWith('.ts')) (await import('tsx/esm/api')).register()
  await import(pathToFileURL(program).href)
}
