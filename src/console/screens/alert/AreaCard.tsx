import { useMemo } from 'preact/hooks'
import { useGeometries } from '../../lib/geometries.ts'
import { words } from '../../lib/i18n.ts'
import type { SignedContent } from '../../lib/types.ts'
import { AreaMap } from '../../parts/AreaMap.tsx'
import { reachedBeforeOf } from './said.ts'

/** Where it goes, drawn from the signed bytes, and to which groups. */
export function AreaCard({ content }: { content: SignedContent }) {
  const { approve } = words()
  const { areas, groups, excludeGroups, roster, severity } = content
  const outlines = useGeometries(areas)
  const drawn = useMemo(() => outlines.map(outline => ({ ...outline, severity })), [outlines])
  const before = reachedBeforeOf(content)
  const named = (roster ? [roster] : groups).map(({ name }) => name)
  return (
    <>
      {areas.length === 0 ? (
        <p>{approve.noArea}</p>
      ) : (
        <>
          <AreaMap areas={drawn} label={approve.area} />
          <p class="apart-above">{areas.map(({ areaDesc }) => areaDesc).join(', ')}</p>
        </>
      )}
      {named.length > 0 && (
        <p>
          <strong>{approve.groups}:</strong> {named.join(', ')}
        </p>
      )}
      {before !== undefined && <p>{before}</p>}
      {excludeGroups.length > 0 && (
        <p>{approve.without(excludeGroups.map(({ name }) => name).join(', '))}</p>
      )}
    </>
  )
}
