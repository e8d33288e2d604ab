/**
 * The page behind a recipient's own link: no account, no script, no number on it. Whoever has the link is its
 * recipient. Reading it never answers, for many read a link before its recipient does.
 */
import { OpenAPIHono } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { isAppError } from '../errors.ts'
import { answerByWeb, findLinked, readWebAlert } from '../inbound/web-answers.ts'
import { recipientTokenKey } from '../signing/recipient-token.ts'
import { acknowledgePage, PAGE_STYLE_SOURCE, pageWithoutAlert } from './acknowledge-page.ts'
import { createAllowance } from './allowance.ts'
import { readWhole } from './body.ts'
import { clientAddress } from './client-address.ts'
import type { AppDependencies, Env } from './env.ts'

const MOST_OCTETS = 8 * 1024
const MOST_LETTERS = 500
/** A minute: nobody changes their mind so often. */
const ANSWERS_A_LINK = 12
/**
 * A minute. A carrier's whole network may come from one address, and all the world's where a proxy is not known: who
 * makes up links there must not keep others from their own, so a true one is followed all the same.
 */
const WRONG_LINKS_AN_ADDRESS = 60

export const acknowledgeRoutes = ({
  database: { db },
  config,
  masterKey,
  now,
}: AppDependencies) => {
  const key = recipientTokenKey(masterKey)
  const answers = createAllowance(ANSWERS_A_LINK)
  const wrong = createAllowance(WRONG_LINKS_AN_ADDRESS)

  const page = (c: Context<Env>, status: 200 | 303 | 400 | 404 | 410 | 429, html: string) => {
    c.header('Cache-Control', 'no-store')
    c.header('Referrer-Policy', 'no-referrer')
    c.header('X-Robots-Tag', 'noindex, nofollow')
    c.header(
      'Content-Security-Policy',
      `default-src 'none'; style-src ${PAGE_STYLE_SOURCE}; form-action 'self'; base-uri 'none'; frame-ancestors 'none'`,
    )
    return c.html(html, status)
  }
  const refused = (c: Context<Env>, status: 400 | 404 | 410 | 429) =>
    page(c, status, pageWithoutAlert(status, c.req.header('Accept-Language')))

  /** What whoever has the link may see, or why they may not. */
  const follow = async (c: Context<Env>, act: () => Promise<Response>) => {
    try {
      return await act()
    } catch (error) {
      if (!isAppError(error)) throw error
      if (error.code === 'not_found') {
        return refused(c, wrong.take(clientAddress(c, config)) ? 404 : 429)
      }
      if (error.code === 'expired') return refused(c, 410)
      if (error.code === 'invalid_request' || error.code === 'too_large') return refused(c, 400)
      throw error
    }
  }

  return new OpenAPIHono<Env>()
    .get('/a/:token', c =>
      follow(c, async () => {
        const linked = await findLinked(db, key, c.req.param('token'), now())
        const alert = await readWebAlert(db, linked, now())
        return page(c, alert.ended === 'expired' ? 410 : 200, acknowledgePage(alert))
      }),
    )
    .post('/a/:token', c => {
      const token = c.req.param('token')
      return follow(c, async () => {
        const linked = await findLinked(db, key, token, now())
        if (!answers.take(token)) return refused(c, 429)
        const form = new URLSearchParams(Buffer.from(await readWhole(c, MOST_OCTETS)).toString())
        const said = (name: string) => lineOf(form.get(name) ?? '')
        const answer = { code: form.get('code') ?? '', note: said('note'), where: said('where') }
        await answerByWeb(db, linked, answer, now())
        c.header('Location', `/a/${token}`)
        return page(c, 303, '')
      })
    })
}

/** As much of it as a text message would say, in one line. */
function lineOf(text: string): string {
  const visible = text.replaceAll(/[\s\p{Cc}\p{Cs}]+/gu, ' ').trim()
  return [...visible].slice(0, MOST_LETTERS).join('')
}
