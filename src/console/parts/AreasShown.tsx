import { useGeometries } from '../lib/geometries.ts'
import type { Area } from '../lib/types.ts'
import { AreaMap } from './AreaMap.tsx'

/** Areas as they stand in a resource, on the map and by name. */
export function AreasShown({ areas, label }: { areas: readonly Area[]; label: string }) {
  const outlines = useGeometries(areas)
  return <AreaMap areas={outlines} label={label} showsList />
}
