/**
 * `npm run screenshots [-- OUT]`: every screen in both modes, at 1440 and 390 px, light; and in the dark, in forced
 * colours, in Spanish and at 320 px once each, to look at. Into `data/screenshots` unless told otherwise.
 */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { openBrowser } from '../../test/support/browser.ts'
import { openStage, type Window } from '../../test/support/stage.ts'
import { ADMINISTRATOR, startCounty } from './county.ts'

const out = process.argv[2] ?? join('data', 'screenshots')
const LOOKS: Readonly<Record<string, Window>> = {
  wide: { width: 1440 },
  phone: { width: 390, height: 844 },
  dark: { width: 1440, dark: true },
  spanish: { width: 1440, locale: 'es-US' },
  'forced-colours': { width: 1440, forcedColors: true },
  'phone-320': { width: 320, height: 640 },
}
/** Live has them all; the other mode differs in its frame and its words. */
const OF_EXERCISES = ['wide', 'phone', 'dark']

const county = await startCounty()
const browser = await openBrowser()
const house = {
  url: county.url,
  administrator: county.administrator,
  administratorAs: ADMINISTRATOR,
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
    const stage = await openStage(house, browser, mode)
    for (const [look, window] of Object.entries(LOOKS)) {
      if (mode === 'exercise' && !OF_EXERCISES.includes(look)) continue
      const folder = join(out, mode, look)
      await mkdir(folder, { recursive: true })
      for (const scene of stage.scenes) {
        const page = await stage.show(scene, window)
        // In a window as high as the page: what sticks to its end lies there.
        const height = await page.evaluate<number>('document.documentElement.scrollHeight')
        await page.setViewportSize({ width: window.width, height })
        await page.waitForTimeout(200)
        await page.screenshot({ path: join(folder, `${scene.name}.png`) })
        await stage.leave(page)
      }
      process.stdout.write(`${stage.scenes.length} pictures in ${folder}\n`)
    }
    await stage.close()
  }
} finally {
  await browser.close()
  await county.stop()
}
