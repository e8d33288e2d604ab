/**
 * `npm run screenshots [-- OUT] [--mode live] [--look wide,phone] [--only watch,replies]`: every screen in both modes,
 * at 1440 and 390 px, light and in forced colours; and in the dark, in Spanish and at 320 px once each, to look at. Into
 * `data/screenshots` unless told otherwise. The flags, lists with commas, leave only what they name.
 */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { openBrowser } from '../../test/support/browser.ts'
import { openStage, type Window } from '../../test/support/stage.ts'
import { ADMINISTRATOR, startCounty } from './county.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    mode: { type: 'string', default: 'live,exercise' },
    look: { type: 'string' },
    only: { type: 'string' },
  },
})
const out = positionals[0] ?? join('data', 'screenshots')
const isWanted = (names: string | undefined, name: string) =>
  names === undefined || names.split(',').includes(name)
const LOOKS: Readonly<Record<string, Window>> = {
  wide: { width: 1440 },
  phone: { width: 390, height: 844 },
  dark: { width: 1440, dark: true },
  spanish: { width: 1440, locale: 'es-US' },
  'forced-colours': { width: 1440, forcedColors: true },
  'forced-colours-phone': { width: 390, height: 844, forcedColors: true },
  'phone-320': { width: 320, height: 640 },
}
/** Live has them all; the other mode differs in its frame and its words. */
const OF_EXERCISES = ['wide', 'phone', 'dark']
/** States that the ordinary course does not show, too. */
const OF_STATES = ['wide', 'phone', 'dark', 'spanish']
/** Those that one must be able to use come what may are seen in every way, in an exercise too. */
const MAIN = [
  'sign-in',
  'choose-mode',
  'compose',
  'review',
  'approve',
  'watch',
  'replies',
  'report',
  'score',
]

const county = await startCounty()
const browser = await openBrowser()
/** What cannot be shown; the others are pictured all the same. */
const faults: string[] = []
const house = {
  url: county.url,
  administrator: county.administrator,
  administratorAs: ADMINISTRATOR,
  db: county.db,
  area: {
    areaDesc: 'Houston',
    polygon: [
      {
        type: 'Polygon',
        coordinates: [
          [
            [-95.72, 29.6],
            [-95.17, 29.6],
            [-95.17, 29.87],
            [-95.72, 29.87],
            [-95.72, 29.6],
          ],
        ],
      },
    ],
  },
}
try {
  for (const mode of ['live', 'exercise'] as const) {
    if (!isWanted(values.mode, mode)) continue
    const stage = await openStage(house, browser, mode)
    for (const [look, window] of Object.entries(LOOKS)) {
      if (!isWanted(values.look, look)) continue
      const isWhole = mode === 'live' || OF_EXERCISES.includes(look)
      const scenes = [
        ...stage.scenes.filter(({ name }) => isWhole || MAIN.includes(name)),
        ...(OF_STATES.includes(look) ? await stage.states() : []),
      ].filter(({ name }) => isWanted(values.only, name))
      const folder = join(out, mode, look)
      await mkdir(folder, { recursive: true })
      for (const scene of scenes) {
        const page = await stage.show(scene, window).catch((error: Error) => {
          faults.push(`${mode}/${look}: ${error.message}`)
        })
        if (page === undefined) continue
        // In a window as high as the page: what sticks to its end lies there.
        const height = await page.evaluate<number>('document.documentElement.scrollHeight')
        await page.setViewportSize({ width: window.width, height })
        await page.waitForTimeout(200)
        await page.screenshot({ path: join(folder, `${scene.name}.png`) })
        await stage.leave(page)
      }
      process.stdout.write(`${scenes.length} pictures in ${folder}\n`)
    }
    await stage.close()
  }
} finally {
  await browser.close()
  await county.stop()
}
for (const fault of faults) process.stdout.write(`${fault}\n`)
if (faults.length > 0) process.exitCode = 1
