import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
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
  },
  plugins: [precompress()],
})

const COMPRESSIBLE = /\.(js|mjs|css|html|svg|json|webmanifest)$/

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
        const quality = { [constants.BROTLI_PARAM_QUALITY]: text.length > 1_000_000 ? 6 : 10 }
        writeFileSync(`${file}.br`, brotliCompressSync(text, { params: quality }))
        writeFileSync(`${file}.gz`, gzipSync(text, { level: 9 }))
      }
    },
  }
}
