import { existsSync } from 'node:fs'
import { type Browser, chromium } from 'playwright-core'

const SYSTEM = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome-stable',
  '/usr/bin/google-chrome',
]

/** WebGL in software: with the other sets a screenshot took up to 19 s. */
const WITH_WEBGL = ['--disable-gpu', '--use-angle=swiftshader', '--enable-unsafe-swiftshader']
/** As on a machine whose driver is on the browser's black list. */
const WITHOUT_WEBGL = ['--disable-gpu', '--disable-3d-apis']

const system = () => SYSTEM.find(path => existsSync(path))

/** Before the test files start: two at once would unpack the carried browser over each other. */
export async function unpackBrowser(): Promise<void> {
  if (system() === undefined) await carriedPath()
}

/** A real browser: the machine's Chromium, or the one that a package carries. */
export async function openBrowser({ webgl = true } = {}): Promise<Browser> {
  const graphics = webgl ? WITH_WEBGL : WITHOUT_WEBGL
  const flags = ['--no-sandbox', '--disable-dev-shm-usage', ...graphics]
  const executablePath = system()
  if (executablePath !== undefined) return chromium.launch({ executablePath, args: flags })
  const { default: carried } = await import('@sparticuz/chromium')
  const own = carried.args.filter(flag => !/^--(use-|disable-gpu|single-process)/.test(flag))
  return chromium.launch({ executablePath: await carriedPath(), args: [...own, ...flags] })
}

async function carriedPath(): Promise<string> {
  const { default: carried } = await import('@sparticuz/chromium')
  return carried.executablePath()
}
