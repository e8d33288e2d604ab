/**
 * Set operations on drawn shapes, by polyclip-ts. Its time is not bounded by the number of corners (two combs of 300
 * corners crosswise take 6 s), so each operation runs in a thread of its own, which is ended when its time is over:
 * the process goes on answering meanwhile.
 */
import { createRequire } from 'node:module'
import { Worker } from 'node:worker_threads'
import pLimit from 'p-limit'
import type { Geom } from 'polyclip-ts'
import type { Position, Rings } from './geojson.ts'

type SetOperation = 'union' | 'difference' | 'intersection'

/** Measured: a county in Texas 130 ms, Alaska in Alaska, 8,300 corners, 330 ms; a thread starts in 40. */
const CLIP_MS = 5_000
const MAX_MEMORY_MB = 512
/** The others wait: the processors have other things to do. */
const atOnce = pLimit(2)

/** A thread can't be given a module of ours that is TypeScript in development, and these lines need none. */
const THREAD = `
  const { parentPort, workerData } = require('node:worker_threads')
  const clip = require(workerData.polyclip)[workerData.operation]
  parentPort.postMessage(workerData.jobs.map(shapes => clip(...shapes)))
`

/** Polygons, longitudes unrolled. */
type Ground = readonly Rings[]

/**
 * Of each job the first ground with all its others joined to it, taken from it, or kept of it.
 *
 * @returns of each job polygons without common ground
 */
export function clip(
  operation: SetOperation,
  jobs: readonly (readonly Ground[])[],
): Promise<Rings[][] | 'too intricate'> {
  return atOnce(() => clipInThread(operation, jobs))
}

async function clipInThread(
  operation: SetOperation,
  jobs: readonly (readonly Ground[])[],
): Promise<Rings[][] | 'too intricate'> {
  const polyclip = createRequire(import.meta.url).resolve('polyclip-ts')
  const workerData = { operation, polyclip, jobs: jobs.map(grounds => grounds.map(toGeom)) }
  const thread = new Worker(THREAD, {
    eval: true,
    workerData,
    resourceLimits: { maxOldGenerationSizeMb: MAX_MEMORY_MB },
  })
  let timer: NodeJS.Timeout | undefined
  try {
    return await new Promise<Rings[][] | 'too intricate'>((resolve, reject) => {
      timer = setTimeout(() => resolve('too intricate'), CLIP_MS)
      thread.on('message', (clipped: Rings[][]) => resolve(clipped))
      thread.on('error', (error: NodeJS.ErrnoException) => {
        if (error.code === 'ERR_WORKER_OUT_OF_MEMORY') resolve('too intricate')
        else reject(error)
      })
    })
  } finally {
    clearTimeout(timer)
    await thread.terminate()
  }
}

function toGeom(polygons: Ground): Geom {
  return polygons.map(rings =>
    rings.map(ring => ring.map(([x, y]: Position): [number, number] => [x, y])),
  )
}
