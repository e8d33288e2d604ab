import { Worker } from 'node:worker_threads'
import pLimit from 'p-limit'
import { AppError } from '../errors.ts'
import type { PdfOrder } from './pdf.ts'

/** Measured: a report of six pages in nine scripts takes 2 s of a processor, most of it fonts. */
const PDF_MS = 60_000
const MAX_MEMORY_MB = 384
/** The others wait: the processors have other things to do. */
const atOnce = pLimit(2)

/**
 * A sheet as a PDF. Laying it out and cutting fonts takes longer than the process may stand still, so it is done in a
 * thread.
 *
 * @throws AppError `timeout`
 */
export function pdfOf(order: PdfOrder): Promise<Uint8Array<ArrayBuffer>> {
  return atOnce(() => writeInThread(order))
}

async function writeInThread(order: PdfOrder): Promise<Uint8Array<ArrayBuffer>> {
  const thread = startThread(order)
  let timer: NodeJS.Timeout | undefined
  try {
    return await new Promise<Uint8Array<ArrayBuffer>>((resolve, reject) => {
      const pieces: Uint8Array[] = []
      const late = new AppError(
        'timeout',
        'the report takes too long to write as PDF: read it as HTML',
      )
      timer = setTimeout(() => reject(late), PDF_MS)
      thread.on('message', (said: Uint8Array | 'whole') => {
        if (said === 'whole') resolve(new Uint8Array(Buffer.concat(pieces)))
        else pieces.push(said)
      })
      thread.on('error', reject)
    })
  } finally {
    clearTimeout(timer)
    await thread.terminate()
  }
}

function startThread(order: PdfOrder): Worker {
  const options = { workerData: order, resourceLimits: { maxOldGenerationSizeMb: MAX_MEMORY_MB } }
  const module = new URL('./pdf-thread.ts', import.meta.url)
  if (!import.meta.url.endsWith('.ts')) {
    return new Worker(new URL(module.href.replace(/\.ts$/, '.js')), options)
  }
  // Under test and in development a thread needs what reads TypeScript.
  const script = `import('tsx/esm/api').then(tsx => (tsx.register(), import(${JSON.stringify(module.href)})))`
  return new Worker(script, { ...options, eval: true })
}
