import { createRoute, OpenAPIHono } from '@hono/zod-openapi'
import { z } from 'zod'
import {
  changeContact,
  createContact,
  getContact,
  getContacts,
  removeContact,
} from '../audience/contacts.ts'
import { DAYS, ENDS_AT, MAX_SPANS, STARTS_AT } from '../encoding/weekly-hours.ts'
import { mailAddressAsSeenBy, phoneAsSeenBy } from '../reports/deliveries.ts'
import type { Operator } from '../operators/operator.ts'
import type { Contact } from '../store/contacts.ts'
import { requireRole } from './auth.ts'
import type { AppDependencies, Env } from './env.ts'
import { pageOf, pageQuery, pageSchema, readAfter } from './pages.ts'
import { refuseInvalid } from './problem.ts'
import { answerOf, idParams, ifMatchHeader, line, requiredBody, timeSchema } from './resources.ts'
import { etagOf, revisionFromIfMatch } from './revision.ts'
import { FAULTS } from '../faults.ts'

const hoursSchema = z
  .array(
    z.strictObject({
      days: z.array(z.enum(DAYS)).min(1).max(DAYS.length),
      from: z.string().regex(STARTS_AT, FAULTS.not_start_hour),
      to: z.string().regex(ENDS_AT, FAULTS.not_end_hour),
    }),
  )
  .min(1)
  .max(MAX_SPANS)
  .meta({
    description:
      "When the contact is there, every week, in the organisation's time zone; a `to` before `from` is of the next day. Alerts heed it only where `audience.locationHours` says `respect`",
  })

const locationSchema = z.strictObject({
  longitude: z.number(),
  latitude: z.number(),
  label: line(100).optional(),
  hours: hoursSchema.optional(),
})

const fields = {
  phone: z
    .string()
    .min(1)
    .max(40)
    .meta({ description: "E.164, or as in the organisation's country" }),
  email: z.string().min(1).max(254).meta({
    description: 'Gets a letter beside the text message; heeds the opt-outs of the phone',
  }),
  name: line(200),
  language: z.string().min(1).max(35).meta({ description: 'BCP 47' }),
  locations: z.array(locationSchema).max(50),
  groups: z.array(line(200)).max(1000).meta({ description: 'Names of listed groups' }),
  externalId: line(200),
}

const newContactSchema = z.strictObject({
  phone: fields.phone,
  email: fields.email.optional(),
  name: fields.name.optional(),
  language: fields.language.optional(),
  locations: fields.locations.optional(),
  groups: fields.groups.optional(),
  externalId: fields.externalId.optional(),
})

const contactEditSchema = z
  .strictObject({
    ...fields,
    email: fields.email.nullable(),
    name: fields.name.nullable(),
    language: fields.language.nullable(),
    externalId: fields.externalId.nullable(),
  })
  .partial()

export const contactSchema = z
  .object({
    id: z.uuid(),
    phone: z.string().meta({
      description: 'In full for administrators and authors, else its last three digits',
    }),
    email: z.string().nullable().meta({
      description: 'In full for administrators and authors, else its first character and domain',
    }),
    name: z.string().nullable(),
    language: z.string().nullable(),
    locations: z.array(
      z.object({
        longitude: z.number(),
        latitude: z.number(),
        label: z.string().nullable(),
        hours: hoursSchema.nullable(),
      }),
    ),
    groups: z.array(z.string()),
    externalId: z.string().nullable(),
    consent: z.string().nullable(),
    createdAt: timeSchema,
    updatedAt: timeSchema,
    revision: z.int(),
  })
  .meta({ id: 'Contact' })

const contactAnswer = (description: string) => answerOf(description, contactSchema)

const createRouteConfig = createRoute({
  method: 'post',
  path: '/v1/contacts',
  tags: ['People'],
  summary: 'Add a contact',
  request: { body: requiredBody(newContactSchema) },
  responses: { 201: contactAnswer('Added') },
})
const listRoute = createRoute({
  method: 'get',
  path: '/v1/contacts',
  tags: ['People'],
  summary: 'List contacts, oldest first',
  request: {
    query: pageQuery.extend({
      phone: fields.phone.optional(),
      group: z.uuid().optional().meta({ description: 'Id of a listed group' }),
    }),
  },
  responses: {
    200: answerOf('A page', pageSchema(contactSchema)),
  },
})
const getRoute = createRoute({
  method: 'get',
  path: '/v1/contacts/{id}',
  tags: ['People'],
  summary: 'Read a contact',
  request: { params: idParams },
  responses: { 200: contactAnswer('The contact') },
})
const changeRoute = createRoute({
  method: 'patch',
  path: '/v1/contacts/{id}',
  tags: ['People'],
  summary: 'Edit a contact; locations and groups that are given replace those there were',
  request: { params: idParams, headers: ifMatchHeader, body: requiredBody(contactEditSchema) },
  responses: { 200: contactAnswer('Changed') },
})
const deleteRoute = createRoute({
  method: 'delete',
  path: '/v1/contacts/{id}',
  tags: ['People'],
  summary: 'Remove a contact; its opt-outs stay, by its phone',
  request: { params: idParams, headers: ifMatchHeader },
  responses: { 204: { description: 'Removed' } },
})

export const contactRoutes = ({ database: { db } }: AppDependencies) =>
  new OpenAPIHono<Env>({ defaultHook: refuseInvalid })
    .openapi(createRouteConfig, async c => {
      const operator = requireRole(c, 'administrator', 'author')
      const contact = await createContact(db, operator.id, c.req.valid('json'))
      c.header('ETag', etagOf(contact.revision))
      c.header('Location', `/v1/contacts/${contact.id}`)
      return c.json(contactResource(contact, operator), 201)
    })
    .openapi(listRoute, async c => {
      const operator = requireRole(c, 'administrator', 'author', 'viewer')
      const { limit, cursor, phone, group: groupId } = c.req.valid('query')
      const after = readAfter(cursor, z.uuid())
      const contacts = await getContacts(db, { phone, groupId }, { after, limit: limit + 1 })
      return c.json(
        pageOf(
          contacts,
          limit,
          contact => contactResource(contact, operator),
          ({ id }) => [id],
        ),
        200,
      )
    })
    .openapi(getRoute, async c => {
      const operator = requireRole(c, 'administrator', 'author', 'viewer')
      const contact = await getContact(db, c.req.valid('param').id)
      c.header('ETag', etagOf(contact.revision))
      return c.json(contactResource(contact, operator), 200)
    })
    .openapi(changeRoute, async c => {
      const operator = requireRole(c, 'administrator', 'author')
      const target = { id: c.req.valid('param').id, revision: revisionFromIfMatch(c) }
      const contact = await changeContact(db, operator.id, target, c.req.valid('json'))
      c.header('ETag', etagOf(contact.revision))
      return c.json(contactResource(contact, operator), 200)
    })
    .openapi(deleteRoute, async c => {
      const operator = requireRole(c, 'administrator', 'author')
      const target = { id: c.req.valid('param').id, revision: revisionFromIfMatch(c) }
      await removeContact(db, operator.id, target)
      return c.body(null, 204)
    })

function contactResource(contact: Contact, operator: Operator): z.infer<typeof contactSchema> {
  return {
    id: contact.id,
    phone: phoneAsSeenBy(operator, contact.phone),
    email: contact.email === undefined ? null : mailAddressAsSeenBy(operator, contact.email),
    name: contact.name ?? null,
    language: contact.language ?? null,
    locations: contact.locations.map(({ longitude, latitude, label, hours }) => ({
      longitude,
      latitude,
      label: label ?? null,
      hours: hours?.map(span => ({ ...span, days: [...span.days] })) ?? null,
    })),
    groups: [...contact.groups],
    externalId: contact.externalId ?? null,
    consent: contact.consent ?? null,
    createdAt: contact.createdAt.toISOString(),
    updatedAt: contact.updatedAt.toISOString(),
    revision: contact.revision,
  }
}
