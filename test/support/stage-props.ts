/** What the states of a stage are made with. */
import type { Page } from 'playwright-core'

/** What stands on the stage already, and how more comes there. */
export interface Props {
  readonly draft: string
  readonly submitted: string
  readonly sent: string
  readonly stopped: string
  /** @param change - of the draft as it is usually written */
  readonly write: (change?: object) => Promise<string>
  readonly submit: (change?: object) => Promise<string>
  /** Approved and handed over. */
  readonly send: (holdSeconds: number, change?: object) => Promise<string>
}

export const FAULT = '.notice[data-kind=error]'

export const nothing = async () => undefined

export const answers = (page: Page, url: RegExp, body: object, status = 200) =>
  page.route(url, route =>
    route.fulfill({ status, contentType: 'application/json', body: JSON.stringify(body) }),
  )

/** What the server says, but for some of it. */
export const altered = (page: Page, url: RegExp, change: object) =>
  page.route(url, async route => {
    const answer = await route.fetch()
    const body = (await answer.json()) as object
    await route.fulfill({ response: answer, json: { ...body, ...change } })
  })

/** Made when it is first wanted. */
export function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined
  return () => (made ??= make())
}
