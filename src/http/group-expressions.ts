import { z } from 'zod'
import { MAX_LEAVES, type GroupExpression } from '../store/group-expressions.ts'

const OPERATIONS = ['union', 'intersection', 'difference']
const UUID = z.uuid()
/** Operations one in another, in what is given at once. */
const MAX_DEPTH = 8

interface Issue {
  readonly path: (string | number)[]
  readonly message: string
}

/** Checked by hand: of a union of schemas nobody learns what is wrong in which place. */
function issuesOf(given: unknown, path: (string | number)[] = []): Issue[] {
  if (typeof given === 'string' && path.length > 0) {
    return UUID.safeParse(given).success ? [] : [{ path, message: 'must be the id of a group' }]
  }
  const [[operation, operands] = ['', undefined], ...others] =
    typeof given === 'object' && given !== null ? Object.entries(given) : []
  if (!OPERATIONS.includes(operation) || others.length > 0) {
    const orId = path.length > 0 ? ', or the id of a group' : ''
    return [{ path, message: `must be one of union, intersection and difference${orId}` }]
  }
  const within = [...path, operation]
  if (!Array.isArray(operands) || operands.length === 0 || operands.length > MAX_LEAVES) {
    return [{ path: within, message: `must be a list of 1 to ${MAX_LEAVES}` }]
  }
  if (within.length / 2 >= MAX_DEPTH) {
    return [{ path: within, message: `must not be more than ${MAX_DEPTH} one in another` }]
  }
  return operands.flatMap((operand, no) => issuesOf(operand, [...within, no]))
}

const operand = {
  anyOf: [{ type: 'string', format: 'uuid' }, { $ref: '#/components/schemas/GroupExpression' }],
} as const
const operands = (description: string) => ({
  type: 'array' as const,
  description,
  minItems: 1,
  maxItems: MAX_LEAVES,
  items: operand,
})

/** Over ids of groups, and over expressions again. */
export const groupExpressionSchema = z
  .custom<GroupExpression>()
  .superRefine((given, context) => {
    for (const issue of issuesOf(given)) context.addIssue({ code: 'custom', ...issue })
  })
  .meta({
    id: 'GroupExpression',
    type: 'object',
    properties: {
      union: operands('Whoever is in any of them'),
      intersection: operands('Whoever is in all of them'),
      difference: operands('Whoever is in the first and in none of the rest'),
    },
    minProperties: 1,
    maxProperties: 1,
    additionalProperties: false,
  })
