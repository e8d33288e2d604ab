/** Writes one PDF in a thread of its own and tells its pieces to whoever started it. */
import { parentPort, workerData } from 'node:worker_threads'
import { writePdf, type PdfOrder } from './pdf.ts'

const tell = (said: Uint8Array | 'whole') => parentPort?.postMessage(said, [])
await writePdf(workerData as PdfOrder, tell)
tell('whole')
