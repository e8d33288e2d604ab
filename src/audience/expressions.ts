/** What groups made of others say: over whom, and what may be made of what. */
import type { Fault } from '../errors.ts'
import { faultAt } from '../faults.ts'
import type { Database } from '../store/database.ts'
import {
  listMadeGroups,
  lockExpressions,
  MAX_LEAVES,
  partsOf,
  type Expression,
  type GroupExpression,
} from '../store/group-expressions.ts'
import { findGroups } from '../store/groups.ts'

/** The groups that it names, each once. */
export function groupsIn(expression: Expression<string>): string[] {
  if (typeof expression === 'string') return [expression]
  return [...new Set(partsOf(expression).operands.flatMap(groupsIn))]
}

/** Of them as many as hold everyone who is in it: what only narrows it is left out. */
export function groupsAround<Leaf extends string | number>(expression: Expression<Leaf>): Leaf[] {
  if (typeof expression !== 'object') return [expression]
  const { operation, operands } = partsOf(expression)
  const around = operation === 'union' ? operands : operands.slice(0, 1)
  return [...new Set(around.flatMap(operand => groupsAround(operand)))]
}

/** Whether somebody is in it. @param isIn whether they are in a group */
export function holds<Leaf extends string | number>(
  expression: Expression<Leaf>,
  isIn: (group: Leaf) => boolean,
): boolean {
  if (typeof expression !== 'object') return isIn(expression)
  const { operation, operands } = partsOf(expression)
  if (operation === 'union') return operands.some(operand => holds(operand, isIn))
  return operands.every(
    (operand, no) => holds(operand, isIn) !== (operation === 'difference' && no > 0),
  )
}

/** The same with something else in the place of each group. */
export function inPlaceOf<From extends string | number, To extends string | number>(
  expression: Expression<From>,
  of: (group: From) => Expression<To>,
): Expression<To> {
  if (typeof expression !== 'object') return of(expression)
  const { operation, operands } = partsOf(expression)
  const replaced = operands.map(operand => inPlaceOf(operand, of))
  if (operation === 'union') return { union: replaced }
  return operation === 'difference' ? { difference: replaced } : { intersection: replaced }
}

/** Groups below groups, and what comes of it when all is written out. */
const MAX_NESTING = 10
const MAX_MENTIONS = 500

/**
 * What is wrong with making a group of others: groups that there are not, circles, and more than can be resolved, in
 * this group or in one that is made of it. What is made of what stands still until the transaction ends.
 *
 * @param group as it is to be
 */
export async function expressionFaults(
  tx: Database,
  group: { readonly id: string; readonly name: string; readonly expression: GroupExpression },
): Promise<Fault[]> {
  await lockExpressions(tx)
  const made = new Map((await listMadeGroups(tx)).map(row => [row.id, row]))
  made.set(group.id, group)
  const named = new Set((await findGroups(tx, groupsIn(group.expression))).map(({ id }) => id))
  named.add(group.id)
  const below = (id: string) => {
    const expression = made.get(id)?.expression
    return expression === undefined ? [] : groupsIn(expression)
  }
  const faults = mentionsIn(group.expression).flatMap(({ pointer, id }): Fault[] => {
    if (!named.has(id)) return [faultAt(pointer, 'no_group')]
    const way = wayTo(group.id, id, below)
    if (way === undefined) return []
    const names = [group.id, ...way].map(one => made.get(one)!.name)
    return [faultAt(pointer, 'circle_of_groups', { names: names.join(' → ') })]
  })
  if (faults.length > 0) return faults
  const sizes = new Map<string, Size>()
  sizeOf(group.id, made, sizes)
  for (const id of made.keys()) {
    sizeOf(id, made, sizes)
    const isAbove = id === group.id || wayTo(group.id, id, below) !== undefined
    const fault = isAbove ? sizeFault(sizes.get(id)!) : undefined
    if (fault === undefined) continue
    const where = id === group.id ? '' : `with it the group ${made.get(id)!.name} `
    faults.push({ pointer: '/expression', detail: `${where}${fault}` })
  }
  return faults
}

/** The names of the groups that are made of one, at once. No other is until the transaction ends. */
export async function groupsMadeOf(tx: Database, id: string): Promise<string[]> {
  await lockExpressions(tx)
  const made = await listMadeGroups(tx)
  return made.filter(({ expression }) => groupsIn(expression).includes(id)).map(({ name }) => name)
}

/** Each group where it is named. */
function mentionsIn(
  expression: Expression<string>,
  pointer = '/expression',
): { pointer: string; id: string }[] {
  if (typeof expression === 'string') return [{ pointer, id: expression }]
  const { operation, operands } = partsOf(expression)
  return operands.flatMap((operand, no) => mentionsIn(operand, `${pointer}/${operation}/${no}`))
}

/** From a group down to the target, both named; undefined where none leads there. */
function wayTo(
  target: string,
  from: string,
  below: (id: string) => readonly string[],
  seen = new Set<string>(),
): string[] | undefined {
  if (from === target) return [from]
  if (seen.has(from)) return undefined
  seen.add(from)
  for (const id of below(from)) {
    const way = wayTo(target, id, below, seen)
    if (way !== undefined) return [from, ...way]
  }
  return undefined
}

interface Size {
  readonly nesting: number
  readonly mentions: number
  readonly leaves: ReadonlySet<string>
}

function sizeOf(
  id: string,
  made: ReadonlyMap<string, { readonly expression: GroupExpression }>,
  sizes: Map<string, Size>,
): Size {
  const known = sizes.get(id)
  if (known !== undefined) return known
  const expression = made.get(id)?.expression
  if (expression === undefined) return { nesting: 0, mentions: 1, leaves: new Set([id]) }
  const parts = mentionsIn(expression).map(mention => sizeOf(mention.id, made, sizes))
  const size = {
    nesting: 1 + Math.max(...parts.map(({ nesting }) => nesting)),
    mentions: parts.reduce((sum, { mentions }) => sum + mentions, 0),
    leaves: new Set(parts.flatMap(({ leaves }) => [...leaves])),
  }
  sizes.set(id, size)
  return size
}

function sizeFault({ nesting, mentions, leaves }: Size): string | undefined {
  if (nesting > MAX_NESTING) {
    return `comes to ${nesting} groups one in another; at most ${MAX_NESTING} are allowed`
  }
  if (leaves.size > MAX_LEAVES) {
    return `comes to ${leaves.size} groups in all; at most ${MAX_LEAVES} are allowed`
  }
  if (mentions > MAX_MENTIONS) {
    return `names groups ${mentions} times in all; at most ${MAX_MENTIONS} times are allowed`
  }
  return undefined
}
