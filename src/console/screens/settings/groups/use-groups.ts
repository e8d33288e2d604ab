import { useEffect, useState } from 'preact/hooks'
import { getAll } from '../../../lib/api.ts'
import type { Group } from '../../../lib/setting-types.ts'

export type GroupKind = 'listed' | 'area' | 'rule' | 'expression'

export const kindOf = ({ area, rule, expression }: Group): GroupKind =>
  area !== null ? 'area' : rule !== null ? 'rule' : expression !== null ? 'expression' : 'listed'

/** All groups by name, to choose from; none where they can not be read. */
export function useGroups(): readonly (Group & { readonly kind: GroupKind })[] {
  const [groups, setGroups] = useState<readonly Group[]>([])
  useEffect(() => void getAll<Group>('/v1/groups').then(setGroups, () => undefined), [])
  return groups
    .map(group => ({ ...group, kind: kindOf(group) }))
    .toSorted((a, b) => a.name.localeCompare(b.name))
}
