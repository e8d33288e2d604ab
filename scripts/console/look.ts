/**
 * `tsx scripts/console/look.ts URL EMAIL PASSWORD OUT.png [--mode live] [--width 1440] [--dark] [--es] [--height 900]`:
 * a screen as that person sees it. Prints what the browser complains about.
 */
import { parseArgs } from 'node:util'
import { openBrowser } from '../../test/support/browser.ts'
import { keptSession } from '../../test/support/console-session.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    width: { type: 'string', default: '1440' },
    height: { type: 'string', default: '900' },
    wait: { type: 'string', default: '1500' },
    dark: { type: 'boolean', default: false },
    es: { type: 'boolean', default: false },
    'no-webgl': { type: 'boolean', default: false },
  },
})
const [target = '', email = '', password = '', out = 'look.png'] = positionals
const url = new URL(target)
const [, , mode = '', exercise = 'practice'] = url.pathname.split('/')

const browser = await openBrowser({ webgl: !values['no-webgl'] })
const page = await browser.newPage({
  viewport: { width: Number(values.width), height: Number(values.height) },
  colorScheme: values.dark ? 'dark' : 'light',
  locale: values.es ? 'es-US' : 'en-US',
})
page.on('console', message => {
  if (message.type() !== 'info') process.stdout.write(`${message.type()}: ${message.text()}\n`)
})
page.on('pageerror', error => process.stdout.write(`error: ${error.stack ?? error.message}\n`))
if (email !== '') {
  const place =
    mode === 'live'
      ? { mode: 'live' as const }
      : { mode: 'exercise' as const, ...(exercise !== 'practice' && { exerciseId: exercise }) }
  await page.addInitScript(await keptSession(url.origin, { email, password }, place))
}
await page.goto(target)
await page.waitForTimeout(Number(values.wait))
await page.screenshot({ path: out, fullPage: true })
process.stdout.write(
  `${await page.title()}; ${String(await page.evaluate('document.documentElement.scrollWidth'))} px wide\n`,
)
await browser.close()
