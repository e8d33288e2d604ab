import { expect } from 'vitest'
import { ROLES } from '../../src/store/schema.ts'
import { aRule } from '../feeds/rules.ts'
import { test } from '../support/edge.ts'
import { aTemplate } from '../templates/sample.ts'

type Role = (typeof ROLES)[number]

const EVERYBODY: readonly Role[] = ROLES
const AUTHOR_OR_APPROVER: readonly Role[] = ['author', 'approver']

/**
 * Who may make each call (API.md). `none`: no token is asked for. The walk below holds this list against the
 * OpenAPI document, so a route without a line here is a failure.
 */
const WHO: Readonly<Record<string, readonly Role[] | 'none'>> = {
  'post /v1/auth/token': 'none',
  'post /v1/carriers/{id}/webhook': 'none',
  'get /v1/carriers/{id}/webhook': 'none',
  'get /healthz': 'none',
  'get /readyz': 'none',
  'get /metrics': 'none',
  'get /.well-known/jwks.json': 'none',
  'post /v1/auth/revoke': EVERYBODY,
  'post /v1/auth/mode': EVERYBODY,
  'post /v1/exercises': ['administrator', 'author', 'approver'],
  'get /v1/exercises': EVERYBODY,
  'post /v1/exercises/practice': ['administrator', 'author', 'approver'],
  'get /v1/exercises/{id}': EVERYBODY,
  'get /v1/exercises/{id}/score': EVERYBODY,
  'patch /v1/exercises/{id}': ['administrator', 'author', 'approver'],
  'post /v1/exercises/{id}/end': ['administrator', 'author', 'approver'],
  'get /v1/me': EVERYBODY,
  'get /v1/desk': EVERYBODY,
  'get /v1/readiness': EVERYBODY,
  'post /v1/me/password': EVERYBODY,
  'post /v1/me/keys': EVERYBODY,
  'get /v1/me/keys': EVERYBODY,
  'post /v1/me/keys/{kid}/revoke': EVERYBODY,
  'post /v1/auth/passkey/options': 'none',
  'post /v1/me/passkeys/options': EVERYBODY,
  'post /v1/me/passkeys': EVERYBODY,
  'get /v1/me/passkeys': EVERYBODY,
  'post /v1/me/passkeys/{id}/revoke': EVERYBODY,
  'get /v1/operators/{id}/passkeys': ['administrator', 'auditor'],
  'post /v1/operators/{id}/passkeys/{passkeyId}/revoke': ['administrator'],
  'post /v1/operators': ['administrator'],
  'get /v1/operators': ['administrator', 'auditor'],
  'get /v1/operators/{id}': ['administrator', 'auditor'],
  'patch /v1/operators/{id}': ['administrator'],
  'post /v1/operators/{id}/disable': ['administrator'],
  'get /v1/organisation': ['administrator'],
  'patch /v1/organisation': ['administrator'],
  'post /v1/carriers': ['administrator'],
  'get /v1/carriers': EVERYBODY,
  'get /v1/carriers/{id}': EVERYBODY,
  'patch /v1/carriers/{id}': ['administrator'],
  'delete /v1/carriers/{id}': ['administrator'],
  'post /v1/carriers/{id}/test': ['administrator'],
  'post /v1/subscribers': ['administrator'],
  'get /v1/subscribers': ['administrator'],
  'get /v1/subscribers/{id}': ['administrator'],
  'patch /v1/subscribers/{id}': ['administrator'],
  'delete /v1/subscribers/{id}': ['administrator'],
  'post /v1/subscribers/{id}/secret': ['administrator'],
  'post /v1/subscribers/{id}/test': ['administrator'],
  'post /v1/subscribers/{id}/check': ['administrator'],
  'get /v1/subscribers/{id}/deliveries': ['administrator'],
  'post /v1/subscribers/{id}/deliveries/{deliveryId}/replay': ['administrator'],
  'post /v1/cap-keys': ['administrator'],
  'get /v1/cap-keys': ['administrator', 'auditor'],
  'post /v1/feeds': ['administrator'],
  'get /v1/feeds': ['administrator'],
  'get /v1/feeds/{id}': ['administrator'],
  'patch /v1/feeds/{id}': ['administrator'],
  'delete /v1/feeds/{id}': ['administrator'],
  'get /v1/feeds/{id}/messages': ['administrator'],
  'put /v1/feeds/{id}/rule': ['administrator'],
  'delete /v1/feeds/{id}/rule': ['administrator'],
  'post /v1/feeds/{id}/rule/try': ['administrator'],
  'get /v1/statistics/unreached': ['administrator', 'author', 'viewer'],
  'post /v1/report-schedules': ['administrator'],
  'get /v1/report-schedules': ['administrator', 'auditor'],
  'get /v1/report-schedules/{id}': ['administrator', 'auditor'],
  'patch /v1/report-schedules/{id}': ['administrator'],
  'delete /v1/report-schedules/{id}': ['administrator'],
  'get /v1/audit': ['administrator', 'auditor'],
  'post /v1/alerts': ['author'],
  'post /v1/alerts/import': ['author'],
  'get /v1/alerts': EVERYBODY,
  'get /v1/alerts/{id}': EVERYBODY,
  'patch /v1/alerts/{id}': ['author'],
  'delete /v1/alerts/{id}': ['author'],
  'get /v1/alerts/{id}/estimate': EVERYBODY,
  'get /v1/alerts/{id}/content': EVERYBODY,
  'get /v1/alerts/{id}/cap': EVERYBODY,
  'get /v1/alerts/{id}/profiles': EVERYBODY,
  'get /.well-known/cap-certificates.pem': 'none',
  'get /v1/feed.atom': 'none',
  'get /v1/feed.rss': 'none',
  'get /v1/feed.geojson': 'none',
  'get /v1/feed/{file}': 'none',
  'post /v1/alerts/{id}/submit': ['author'],
  'post /v1/alerts/{id}/seen': ['approver'],
  'get /v1/alerts/{id}/approvers': EVERYBODY,
  'get /v1/people': EVERYBODY,
  'post /v1/alerts/{id}/approve': ['approver'],
  'post /v1/alerts/{id}/break-glass': ['author'],
  'post /v1/alerts/{id}/return': ['approver'],
  'post /v1/alerts/{id}/reject': ['approver'],
  'post /v1/alerts/{id}/withdraw': AUTHOR_OR_APPROVER,
  'post /v1/alerts/{id}/dispatch': AUTHOR_OR_APPROVER,
  'post /v1/alerts/{id}/pause': AUTHOR_OR_APPROVER,
  'post /v1/alerts/{id}/resume': AUTHOR_OR_APPROVER,
  'post /v1/alerts/{id}/stop': AUTHOR_OR_APPROVER,
  'post /v1/alerts/{id}/retry': AUTHOR_OR_APPROVER,
  'post /v1/alerts/{id}/update': ['author'],
  'post /v1/alerts/{id}/remind': ['author'],
  'get /v1/alerts/{id}/cancel/content': EVERYBODY,
  'post /v1/alerts/{id}/cancel': AUTHOR_OR_APPROVER,
  'get /v1/alerts/{id}/all-clear/content': EVERYBODY,
  'post /v1/alerts/{id}/all-clear': AUTHOR_OR_APPROVER,
  'post /v1/dispatches': AUTHOR_OR_APPROVER,
  'post /v1/stop': ['approver', 'administrator'],
  'get /v1/contacts': ['administrator', 'author', 'viewer'],
  'post /v1/contacts': ['administrator', 'author'],
  'post /v1/contacts/import': ['administrator', 'author'],
  'get /v1/contacts/{id}': ['administrator', 'author', 'viewer'],
  'patch /v1/contacts/{id}': ['administrator', 'author'],
  'delete /v1/contacts/{id}': ['administrator', 'author'],
  'get /v1/contacts/{id}/opt-outs': ['administrator', 'author', 'viewer'],
  'get /v1/opt-outs': ['administrator', 'author', 'viewer', 'auditor'],
  'get /v1/consents': ['administrator', 'author', 'viewer', 'auditor'],
  'post /v1/opt-outs': ['administrator', 'author'],
  'post /v1/opt-outs/lift': ['administrator', 'author'],
  'get /v1/alerts/{id}/requests': ['administrator', 'author', 'approver', 'viewer'],
  'get /v1/requests/{id}': ['administrator', 'author', 'approver', 'viewer'],
  'post /v1/requests/{id}/take': AUTHOR_OR_APPROVER,
  'post /v1/requests/{id}/note': AUTHOR_OR_APPROVER,
  'post /v1/requests/{id}/hand-over': AUTHOR_OR_APPROVER,
  'post /v1/requests/{id}/close': AUTHOR_OR_APPROVER,
  'post /v1/requests/{id}/reopen': AUTHOR_OR_APPROVER,
  'get /v1/replies': ['administrator', 'author', 'approver', 'viewer'],
  'post /v1/replies/{id}/review': ['administrator', 'author', 'approver'],
  'get /v1/imports/{id}': ['administrator', 'author', 'viewer'],
  'get /v1/imports/{id}/rejects': ['administrator', 'author', 'viewer'],
  'get /v1/groups': ['administrator', 'author', 'approver', 'viewer'],
  'post /v1/groups': ['administrator', 'author'],
  'get /v1/groups/{id}': ['administrator', 'author', 'approver', 'viewer'],
  'patch /v1/groups/{id}': ['administrator', 'author'],
  'delete /v1/groups/{id}': ['administrator', 'author'],
  'put /v1/groups/{id}/members': ['administrator', 'author'],
  'get /v1/places': EVERYBODY,
  'post /v1/areas': ['administrator', 'author', 'approver'],
  'post /v1/geocode-sets': ['administrator'],
  'get /v1/geocode-sets': ['administrator', 'author', 'approver', 'viewer'],
  'put /v1/geocode-sets/{valueName}': ['administrator'],
  'get /v1/geocode-sets/{valueName}': ['administrator', 'author', 'approver', 'viewer'],
  'delete /v1/geocode-sets/{valueName}': ['administrator'],
  'get /v1/geocode-sets/{valueName}/codes': ['administrator', 'author', 'approver', 'viewer'],
  'get /v1/alerts/{id}/letters': EVERYBODY,
  'post /v1/texts/lint': AUTHOR_OR_APPROVER,
  'post /v1/templates': ['administrator', 'author'],
  'get /v1/templates': EVERYBODY,
  'post /v1/templates/starter': ['administrator'],
  'get /v1/templates/{id}': EVERYBODY,
  'patch /v1/templates/{id}': ['administrator', 'author'],
  'delete /v1/templates/{id}': ['administrator', 'author'],
  'get /v1/templates/{id}/versions': EVERYBODY,
  'get /v1/templates/{id}/versions/{version}': EVERYBODY,
  'post /v1/templates/{id}/review': AUTHOR_OR_APPROVER,
  'post /v1/templates/{id}/fill': ['administrator', 'author', 'approver'],
  'post /v1/templates/{id}/draft': ['author'],
  'get /v1/alerts/{id}/progress': EVERYBODY,
  'get /v1/alerts/{id}/outcomes': EVERYBODY,
  'get /v1/alerts/{id}/tally': EVERYBODY,
  'get /v1/alerts/{id}/stream': EVERYBODY,
  'get /v1/stream': EVERYBODY,
  'get /v1/alerts/{id}/deliveries': EVERYBODY,
  'get /v1/alerts/{id}/replies': EVERYBODY,
  'get /v1/alerts/{id}/report': EVERYBODY,
  'get /v1/alerts/{id}/evidence': ['administrator', 'auditor'],
  'get /v1/statistics': EVERYBODY,
  'post /v1/alerts/{id}/notes': ['administrator', 'author', 'approver'],
}

const NOTHING = '018f0000-0000-7000-8000-000000000000'
const KID = 'kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k'

/** Bodies that fit the schema, so that the caller is what is judged. */
const BODIES: Readonly<Record<string, unknown>> = {
  'post /v1/auth/token': { grantType: 'refresh', refreshToken: 'none' },
  'post /v1/me/password': { currentPassword: 'not mine', password: 'a good long password' },
  'post /v1/me/keys': { jwk: {}, label: 'x' },
  'post /v1/operators': { email: 'x@example.org', name: 'x', roles: ['viewer'], password: 'short' },
  'patch /v1/operators/{id}': {},
  'patch /v1/organisation': {},
  'post /v1/carriers': {
    name: 'x',
    protocol: 'http',
    segmentsPerSecond: 1,
    sourceAddress: '72345',
  },
  'patch /v1/carriers/{id}': {},
  'post /v1/carriers/{id}/test': { phone: '+15550100001' },
  'post /v1/subscribers': { url: 'file:///x', description: 'x', events: ['alert.sent'] },
  'patch /v1/subscribers/{id}': {},
  'post /v1/report-schedules': { kind: 'statistics', operatorIds: [NOTHING] },
  'patch /v1/report-schedules/{id}': {},
  'post /v1/feeds': { url: 'file:///x', description: 'x', authorId: NOTHING, certificates: [] },
  'patch /v1/feeds/{id}': {},
  'put /v1/feeds/{id}/rule': { rule: aRule() },
  'post /v1/feeds/{id}/rule/try': {},
  'post /v1/opt-outs': { phone: '112', scope: 'nonEmergency', reason: 'x' },
  'post /v1/opt-outs/lift': { phone: '112', scope: 'nonEmergency', reason: 'x' },
  'post /v1/replies/{id}/review': { optOut: false },
  'post /v1/alerts/{id}/notes': { text: 'x' },
  'post /v1/requests/{id}/take': {},
  'post /v1/requests/{id}/note': { note: 'x' },
  'post /v1/requests/{id}/hand-over': { operatorId: NOTHING },
  'post /v1/requests/{id}/close': { outcome: 'helped' },
  'post /v1/requests/{id}/reopen': {},
  'post /v1/cap-keys': {},
  'post /v1/alerts': {
    status: 'Actual',
    msgType: 'Alert',
    scope: 'Public',
    info: [
      {
        category: ['Met'],
        event: 'Flood Warning',
        urgency: 'Immediate',
        severity: 'Extreme',
        certainty: 'Observed',
      },
    ],
  },
  'post /v1/contacts': { phone: '911' },
  'patch /v1/contacts/{id}': {},
  'post /v1/groups': { name: 'x', area: { areaDesc: 'nowhere' } },
  'patch /v1/groups/{id}': {},
  'post /v1/auth/mode': { mode: 'exercise', exerciseId: NOTHING },
  'post /v1/exercises': { name: 'x', rosterId: NOTHING, endsAt: '2026-01-01T00:00:00Z' },
  'patch /v1/exercises/{id}': {},
  'post /v1/exercises/practice': { phones: 1 },
  'post /v1/areas': { areas: [{}] },
  'put /v1/groups/{id}/members': { phones: [] },
  'post /v1/me/passkeys': {
    label: 'x',
    response: {
      id: 'AA',
      rawId: 'AA',
      type: 'public-key',
      response: { clientDataJSON: 'e30', attestationObject: 'oA' },
    },
  },
  'patch /v1/alerts/{id}': {},
  'post /v1/alerts/{id}/submit': { signature: 'x.y.z' },
  'post /v1/alerts/{id}/approve': { signature: 'x.y.z' },
  'post /v1/alerts/{id}/break-glass': { signature: 'x.y.z', reason: 'nobody answers' },
  'post /v1/alerts/{id}/cancel': { signature: 'x.y.z' },
  'post /v1/alerts/{id}/all-clear': { signature: 'x.y.z' },
  'post /v1/alerts/{id}/return': { reason: 'x' },
  'post /v1/alerts/{id}/reject': { reason: 'x' },
  'post /v1/texts/lint': { texts: [{ language: 'en', sms: 'x' }] },
  'post /v1/templates': aTemplate({ languages: ['fr'] }),
  'patch /v1/templates/{id}': {},
  'post /v1/templates/starter': {},
  'post /v1/templates/{id}/review': { language: 'en', version: 1 },
  'post /v1/templates/{id}/fill': {},
  'post /v1/templates/{id}/draft': { status: 'Actual' },
  'post /v1/dispatches': { alertIds: [NOTHING] },
  'post /v1/stop': { reason: 'x' },
}

/** Queries that a call can't do without. */
const QUERIES: Readonly<Record<string, string>> = {
  'get /v1/stream': `?alerts=${NOTHING}`,
  'get /v1/places': '?q=houston',
  'get /v1/replies': '?list=review',
  'post /v1/geocode-sets': '?valueName=wards&code=id',
  'put /v1/geocode-sets/{valueName}': '?code=id',
}

test(
  'each call takes the roles that the contract gives it, and no other',
  { timeout: 60_000 },
  async ({ edge }) => {
    const { body: document } = await edge.call('GET', '/openapi.json')
    const routes = Object.entries<object>(document.paths).flatMap(([path, item]) =>
      Object.keys(item).map(method => `${method} ${path}`),
    )
    expect(routes.filter(route => !(route in WHO))).toEqual([])

    // Signing out ends the walk for whoever does it, so it comes last.
    const walk = routes.toSorted(
      (a, b) => Number(a.endsWith('auth/revoke')) - Number(b.endsWith('auth/revoke')),
    )
    for (const role of ROLES) {
      const caller = await edge.caller({ roles: [role] })
      for (const [index, route] of walk.entries()) {
        const [method = '', template = ''] = route.split(' ')
        const filled = template
          .replaceAll(/\{(id|deliveryId|passkeyId)\}/g, NOTHING)
          .replace('{kid}', KID)
          .replace('{valueName}', 'wards')
          .replace('{version}', '1')
        const path = filled + (QUERIES[route] ?? '')
        const json = BODIES[route]
        const headers = { 'Idempotency-Key': `walk-${index}` }
        const sent = json === undefined ? { headers } : { json, headers }
        const who = WHO[route] ?? []

        if (who !== 'none') {
          const stranger = await edge.call(method.toUpperCase(), path, sent)
          expect(stranger, route).toMatchObject({ status: 401, body: { code: 'invalid_token' } })
        }
        const answer = await caller.call(method.toUpperCase(), path, sent)
        if (who === 'none' || who.includes(role)) {
          expect([answer.status, answer.body.code], `${role} ${route}`).not.toEqual([
            403,
            'forbidden',
          ])
          expect(answer.body.code, `${role} ${route}`).not.toBe('invalid_token')
          expect(answer.body.code, `${role} ${route}`).not.toBe('invalid_request')
          expect(answer.status, `${role} ${route}`).toBeLessThan(500)
        } else {
          expect(answer, `${role} ${route}`).toMatchObject({
            status: 403,
            body: { code: 'forbidden' },
          })
        }
        if (answer.status >= 400) {
          expect(answer.headers.get('Content-Type')).toBe('application/problem+json')
        }
      }
    }
  },
)
