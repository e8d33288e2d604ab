import type { Context } from 'hono'
import type { Caller } from '../alerts/steps.ts'
import type { Operator } from '../operators/operator.ts'
import type { Env } from './env.ts'

/** Whoever asks, in the place that they signed in for. */
export function callerOf(c: Context<Env>, operator: Operator, now: Date): Caller {
  const { mode, exerciseId } = c.var.session
  return { operator, mode, exerciseId, now }
}
