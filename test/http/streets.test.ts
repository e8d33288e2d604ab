/** An archive of streets for the console's map is given out in parts. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished } from 'vitest'
import { createApp } from '../../src/http/app.ts'
import { test, type Edge } from '../support/edge.ts'

async function withDirectory(edge: Edge) {
  const directory = await mkdtemp(join(tmpdir(), 'tocsin-streets-'))
  onTestFinished(() => rm(directory, { recursive: true }))
  const config = { ...edge.deps.config, dataDirectory: directory }
  const app = createApp({ ...edge.deps, config })
  const ask = (path: string, headers: Record<string, string> = {}) =>
    app.request(`/console/${path}`, { headers: { Host: 'tocsin.test', ...headers } })
  const address = async () => {
    const { archive } = (await (await ask('streets.json')).json()) as { archive: string | null }
    return archive?.replace('/console/', '')
  }
  return { directory, ask, address }
}

test('without an archive there is none, and nothing else is given out', async ({ edge }) => {
  const { directory, ask, address } = await withDirectory(edge)
  await writeFile(join(directory, 'master.key'), 'secret')
  expect(await address()).toBeUndefined()
  for (const path of ['streets.pmtiles', 'streets.pmtiles?version=6-0', 'master.key']) {
    const answer = await ask(path, { Range: 'bytes=0-5' })
    expect(await answer.text()).not.toContain('secret')
  }
  expect((await ask('streets.pmtiles', { Range: 'bytes=0-5' })).status).toBe(404)
  const elsewhere = { ...edge.deps.config, dataDirectory: '/nonexistent' }
  const app = createApp({ ...edge.deps, config: elsewhere })
  const answer = await app.request('/console/streets.json', { headers: { Host: 'tocsin.test' } })
  expect(await answer.json()).toEqual({ archive: null })
})

test('parts are given, up to a size, and never the whole', async ({ edge }) => {
  const { directory, ask, address } = await withDirectory(edge)
  const octets = Buffer.alloc(9 * 2 ** 20, 7)
  await writeFile(join(directory, 'streets.pmtiles'), octets)
  const path = (await address())!
  const part = await ask(path, { Range: 'bytes=16-47' })
  expect(part.status).toBe(206)
  expect(part.headers.get('Content-Range')).toBe(`bytes 16-47/${octets.length}`)
  expect(part.headers.get('Cache-Control')).toContain('immutable')
  expect(Buffer.from(await part.arrayBuffer())).toEqual(Buffer.alloc(32, 7))
  const end = await ask(path, { Range: `bytes=${octets.length - 10}-${octets.length + 99}` })
  expect([end.status, (await end.arrayBuffer()).byteLength]).toEqual([206, 10])
  const unusable = [
    '',
    'bytes=0-',
    'bytes=-5',
    `bytes=0-${8 * 2 ** 20}`,
    'bytes=0-1,4-5',
    'lines=1-2',
  ]
  for (const range of [...unusable, `bytes=${octets.length}-${octets.length + 5}`, 'bytes=9-3']) {
    expect((await ask(path, range === '' ? {} : { Range: range })).status, range).toBe(416)
  }
})

test('another archive has another address, and the old one is gone', async ({ edge }) => {
  const { directory, ask, address } = await withDirectory(edge)
  await writeFile(join(directory, 'b.pmtiles'), 'PMTiles of one')
  const first = (await address())!
  await writeFile(join(directory, 'a.pmtiles'), 'PMTiles, another')
  const second = (await address())!
  expect(second).not.toBe(first)
  expect((await ask(first, { Range: 'bytes=0-6' })).status).toBe(404)
  const answer = await ask(second, { Range: 'bytes=0-15' })
  expect(await answer.text()).toBe('PMTiles, another')
})
