/**
 * Whether an account's limit is kept and used, as the carrier counts: a message centre in a process of its own
 * counts every sliding second of what it is offered.
 *
 *     npm run bench:pace -- --rates 100,1000,3000 --seconds 20
 */
import { parseArgs } from 'node:util'
import { countTaken, prepareAlert, withCounty } from './county.ts'

const { values } = parseArgs({
  options: {
    rates: { type: 'string', default: '100,1000,3000' },
    seconds: { type: 'string', default: '20' },
  },
})
const SECONDS = Math.min(600, Number(values.seconds))

for (const rate of values.rates.split(',').map(Number)) {
  const recipients = rate * SECONDS
  const carrier = { segmentsPerSecond: rate, window: Math.max(10, Math.ceil(rate / 5)), binds: 1 }
  await withCounty({ recipients, carrier }, async county => {
    const alert = await prepareAlert(county)
    await alert.dispatch()
    while ((await countTaken(county, alert.id)).taken < recipients) {
      await new Promise(resolve => setTimeout(resolve, 200))
    }
    const { most, first, last } = await county.sink.counts()
    const used = (recipients - 1) / ((last - first) / 1000) / rate
    const verdict = most <= rate + 1 && used >= 0.97 ? 'kept' : 'NOT KEPT'
    process.stdout.write(
      `${String(rate).padStart(6)} a second: at most ${most} in any second, ${(used * 100).toFixed(1)} % used: ${verdict}\n`,
    )
  })
}
