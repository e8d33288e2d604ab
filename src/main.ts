import { type Config, readConfig } from './config.ts'
import { startService, type Service } from './cli/serve.ts'
import { stopOnSignals } from './cli/signals.ts'
import { isAppError } from './errors.ts'

try {
  const config = readConfig(process.env)
  const service = await startService(config)
  if (config.role !== 'dispatch') greet(service, config)
  stopOnSignals(service)
} catch (error) {
  // What the operator must mend, in words; a stack helps nobody at the first start.
  const message = isAppError(error) || error instanceof Error ? error.message : 'unknown'
  process.stderr.write(`Tocsin can't start: ${message}\n`)
  process.exit(1)
}

function greet({ url, administrator }: Service, { port, publicUrl }: Config): void {
  const lines = [`Tocsin is ready at ${url}`]
  if (administrator?.password !== undefined) {
    lines.push(
      '',
      'This is the first start. The administrator, shown this once:',
      `  email     ${administrator.email}`,
      `  password  ${administrator.password}`,
    )
  } else if (administrator !== undefined) {
    lines.push(`The administrator is ${administrator.email}, with the password that you set.`)
  }
  lines.push(
    `The console is at ${port === 0 ? url : publicUrl}/console/, the API is described at ${url}/docs.`,
    'Stop with Ctrl+C.',
    '',
  )
  process.stdout.write(`${lines.join('\n')}\n`)
}
