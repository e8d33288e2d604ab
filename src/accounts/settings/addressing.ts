import { z } from 'zod'

/** What every account is set up with, whatever it speaks: whose numbers it takes, and whom its messages come from. */

export const routeSchema = z.strictObject({
  prefix: z.string().regex(/^\+\d{0,15}$/, 'must be + and the first digits of numbers'),
  weight: z.number().positive().max(1000).default(1),
  preference: z.int().min(0).max(1000).optional().meta({
    description: 'Of carriers that name the same prefix the lowest goes first; 0 if not said',
  }),
  cost: z.number().min(0).max(1_000_000).optional().meta({
    description: 'Of a segment, in the same unit everywhere; among equals the cheaper has a start',
  }),
})

/** GSM 03.38 alphanumeric senders have at most 11 characters (3GPP TS 23.040 §9.1.2.5). */
export const sourceAddressSchema = z
  .string()
  .regex(
    /^(\+?\d{1,20}|(?=.*[A-Za-z])[A-Za-z0-9 .&_-]{1,11})$/,
    'must be a short code, a number, or a name of at most 11 letters and digits',
  )
