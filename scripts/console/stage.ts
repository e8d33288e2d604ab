/** `npm run stage`: a county on duty to work on the console with, until Ctrl+C. */
import { ADMINISTRATOR, startCounty } from './county.ts'

const county = await startCounty({ port: Number(process.env['PORT'] ?? 8080) })
process.stdout.write(`The console is at ${county.url}/console/\n`)
for (const { email, password } of [county.author, county.approver, ADMINISTRATOR]) {
  process.stdout.write(`  ${email}  ${password}\n`)
}
const leave = () => void county.stop().then(() => process.exit(0))
process.on('SIGINT', leave)
process.on('SIGTERM', leave)
