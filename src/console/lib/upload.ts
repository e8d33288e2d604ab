/** A file on its way to the API: `fetch` does not say how much of it has left. */
import { place } from './place.ts'
import { Problem, problemOf } from './problem.ts'
import { accessToken } from './session.ts'

/**
 * @param tell - share that has left, from 0 to 1
 * @throws Problem; the signal's reason where it was stopped
 */
export async function upload<T>(
  path: string,
  file: Blob,
  contentType: string,
  {
    method = 'POST',
    tell,
    signal,
  }: { method?: 'POST' | 'PUT'; tell: (share: number) => void; signal: AbortSignal },
): Promise<T> {
  const token = await accessToken(place.value)
  return new Promise<T>((resolve, reject) => {
    const request = new XMLHttpRequest()
    request.open(method, path)
    request.setRequestHeader('Authorization', `Bearer ${token}`)
    request.setRequestHeader('Content-Type', contentType)
    request.upload.addEventListener('progress', ({ loaded, total }) =>
      tell(total === 0 ? 1 : loaded / total),
    )
    request.addEventListener('load', () => {
      const answer = new Response(request.responseText, { status: request.status })
      if (answer.ok) resolve(answer.json() as Promise<T>)
      else problemOf(answer).then(reject, reject)
    })
    request.addEventListener('error', () =>
      reject(new Problem('the server does not answer', { status: 0, code: 'unreachable' })),
    )
    request.addEventListener('abort', () => reject(signal.reason as Error))
    signal.addEventListener('abort', () => request.abort(), { once: true })
    request.send(file)
  })
}
