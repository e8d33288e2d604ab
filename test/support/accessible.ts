/**
 * Every screen of a mode, wide and narrow: axe's rules for WCAG 2.2 AA, and what axe does not see: a page wider than
 * its window (1.4.10), text at twice its size (1.4.4), what has the focus under a bar that sticks (2.4.11).
 */
import { createRequire } from 'node:module'
import { readFileSync } from 'node:fs'
import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import type { Database } from '../../src/store/database.ts'
import { test } from './console.ts'
import { ADMINISTRATOR, settle, type Tocsin, VALLEY } from './service.ts'
import type { House } from './scene.ts'
import { openStage } from './stage.ts'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']

interface Finding {
  readonly id: string
  readonly nodes: readonly {
    readonly target: readonly unknown[]
    readonly failureSummary?: string
  }[]
}

/** What axe finds on the page as it stands. */
export async function findings(page: Page): Promise<string[]> {
  // By the protocol, for the page's own policy lets no other script in.
  await page.evaluate(axe)
  const { violations } = await page.evaluate<{ violations: readonly Finding[] }>(
    `axe.run(document, { runOnly: ${JSON.stringify(TAGS)} })`,
  )
  return violations.map(
    ({ id, nodes }) =>
      `${id}: ${nodes.map(node => `${node.target.join(' ')} ${node.failureSummary ?? ''}`).join('; ')}`,
  )
}

/** What of the page reaches beyond its right border. */
export async function tooWide(page: Page): Promise<string[]> {
  return page.evaluate<string[]>(`(() => {
    const width = document.documentElement.clientWidth
    if (document.documentElement.scrollWidth <= width) return []
    return [...document.querySelectorAll('body *')]
      .filter(element => element.getBoundingClientRect().right > width + 1)
      .slice(-5)
      .map(element => element.tagName + '.' + element.className)
  })()`)
}

/** What Tab reaches, and nobody sees: another thing lies on its middle. */
async function hiddenFocus(page: Page, steps: number): Promise<string[]> {
  const hidden: string[] = []
  for (let step = 0; step < steps; step++) {
    await page.keyboard.press('Tab')
    const found = await page.evaluate<string | undefined>(`(() => {
      const element = document.activeElement
      if (!element || element === document.body) return undefined
      const { left, top, width, height } = element.getBoundingClientRect()
      if (width === 0 || height === 0) return undefined
      const at = document.elementFromPoint(
        left + width / 2,
        Math.min(top + height / 2, top + innerHeight / 2),
      )
      const seen = at === null || at === element || element.contains(at) || at.contains(element) ||
        (element.labels !== null && element.labels !== undefined && [...element.labels].some(label => label.contains(at)))
      return seen ? undefined : element.outerHTML.slice(0, 120)
    })()`)
    if (found !== undefined) hidden.push(found)
  }
  return hidden
}

const houseOf = ({ url, administrator }: Tocsin, db: Database): House => ({
  db,
  url,
  administrator,
  administratorAs: ADMINISTRATOR,
  area: { areaDesc: 'The valley', polygon: [VALLEY] },
})

async function startHouse(db: Database, tocsin: Tocsin): Promise<void> {
  await settle(db, 50)
  tocsin.startDispatcher()
  await tocsin.startCarriers([{ name: 'North', segmentsPerSecond: 100, window: 50, binds: 1 }])
}

/** The tests of one mode; each has a file of its own, for they take minutes. So a screen is opened once wide and once narrow. */
export function everyScreenIsAccessible(mode: 'live' | 'exercise'): void {
  test.beforeAll(({ db, tocsin }) => startHouse(db, tocsin), 60_000)

  test(
    'axe finds nothing at 1440 px, nothing is wider than 1280 with text twice as large, and what has the focus is seen',
    { timeout: 1_200_000 },
    async ({ tocsin, browser, db }) => {
      const stage = await openStage(houseOf(tocsin, db), browser, mode)
      const faults: string[] = []
      for (const scene of stage.scenes) {
        const page = await stage.show(scene, { width: 1440 })
        for (const finding of await findings(page)) faults.push(`${scene.name}: ${finding}`)
        await page.setViewportSize({ width: 1280, height: 900 })
        await page.evaluate(`document.documentElement.style.fontSize = '200%'`)
        const large = await tooWide(page)
        if (large.length > 0) faults.push(`${scene.name} with large text: ${large.join(', ')}`)
        await page.evaluate(`document.documentElement.style.fontSize = ''`)
        await page.setViewportSize({ width: 1280, height: 700 })
        for (const hidden of await hiddenFocus(page, 40)) faults.push(`${scene.name}: ${hidden}`)
        await stage.leave(page)
      }
      expect(faults).toEqual([])
      await stage.close()
    },
  )

  test(
    'no screen is wider than its window at 320 px, and axe finds nothing at 390',
    { timeout: 1_200_000 },
    async ({ tocsin, browser, db }) => {
      const stage = await openStage(houseOf(tocsin, db), browser, mode)
      const faults: string[] = []
      for (const scene of stage.scenes) {
        const page = await stage.show(scene, { width: 320 })
        const narrow = await tooWide(page)
        if (narrow.length > 0) faults.push(`${scene.name} at 320 px: ${narrow.join(', ')}`)
        await page.setViewportSize({ width: 390, height: 900 })
        for (const finding of await findings(page)) faults.push(`${scene.name}: ${finding}`)
        await stage.leave(page)
      }
      expect(faults).toEqual([])
      await stage.close()
    },
  )
}

/** What else may be met on the screens of live. In an exercise it differs in its frame, which its screens have shown. */
export function everyStateIsAccessible(): void {
  test.beforeAll(({ db, tocsin }) => startHouse(db, tocsin), 60_000)

  test(
    'axe finds nothing in any state of a screen on a phone, and none is wider than that',
    { timeout: 1_200_000 },
    async ({ tocsin, browser, db }) => {
      const stage = await openStage(houseOf(tocsin, db), browser, 'live')
      const faults: string[] = []
      for (const scene of await stage.states()) {
        if (scene.isPicture) continue
        const page = await stage.show(scene, { width: 390, height: 844 })
        for (const found of [...(await findings(page)), ...(await tooWide(page))]) {
          faults.push(`${scene.name}: ${found}`)
        }
        await stage.leave(page)
      }
      expect(faults).toEqual([])
      await stage.close()
    },
  )
}
