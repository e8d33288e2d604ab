/** Whose name stands beside an act. */
import { useEffect, useState } from 'preact/hooks'
import { get } from './api.ts'
import { me } from './session.ts'

const known = new Map<string, string>()

/** Undefined while it is not known, and to who may not read it. */
export function usePersonName(id: string | undefined): string | undefined {
  const [name, setName] = useState<string | undefined>(id && known.get(id))
  useEffect(() => {
    if (id === undefined || known.has(id)) return
    if (id === me.value?.id) return setName(me.value.name)
    get<{ name: string }>(`/v1/operators/${id}`).then(
      ({ name: found }) => {
        known.set(id, found)
        setName(found)
      },
      () => undefined,
    )
  }, [id])
  return name
}
