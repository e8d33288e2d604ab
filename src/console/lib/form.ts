/**
 * A form: what stands in it, what stood there before, and what the API found wrong.
 *
 * A field is named by its JSON pointer into the body that is sent, which is how faults come back; one that no field
 * shows stands in the summary all the same. An edit sends what was changed and the revision that it was based on
 * (`If-Match`). Where somebody was faster, the form asks for what there is now and shows what they changed; mine stays
 * until I choose.
 */
import { createContext } from 'preact'
import { useContext, useEffect, useRef, useState } from 'preact/hooks'
import { sayFault } from './faults.ts'
import { words } from './i18n.ts'
import { guardLeaving } from './place.ts'
import { isSame, readAt, writeAt } from './pointer.ts'
import { Problem } from './problem.ts'

interface Kept<Body> {
  readonly body: Body
  /** Undefined: of what has none, or is not there yet. */
  readonly revision?: number | undefined
}

export interface FormSettings<Body extends object> {
  readonly start: Kept<Body>
  /** @returns how it stands afterwards; nothing where the screen is left */
  send(body: Body, before: Kept<Body>): Promise<Kept<Body> | undefined>
  /** How it stands now, for who came second. */
  load?(): Promise<Kept<Body>>
  /** Of the API's pointers, where the form's differ. */
  pointerOf?(pointer: string, body: Body): string
}

interface FormFault {
  readonly pointer: string
  readonly detail: string
  /** What the field is called; undefined: no field shows it. */
  readonly label: string | undefined
}

/** What another has saved since, in the words of the fields. */
interface Conflict {
  readonly differences: readonly { readonly label: string; readonly pointer: string }[]
  takeTheirs(): void
  saveMine(): void
}

export interface Form {
  readonly body: object
  /** Rises when all that stands in it was replaced: fields that keep what is being typed begin anew. */
  readonly generation: number
  readonly isChanged: boolean
  readonly isBusy: boolean
  /** It was saved, and nothing was changed since. */
  readonly isSaved: boolean
  readonly faults: readonly FormFault[]
  /** What went wrong and is no field's fault. */
  readonly problem: unknown
  readonly conflict: Conflict | undefined
  read(pointer: string): unknown
  write(pointer: string, value: unknown): void
  faultAt(pointer: string): string | undefined
  /** A field says that it is there; `isRequired` is heeded before anything is sent. */
  know(pointer: string, label: string, isRequired: boolean): void
  submit(): Promise<void>
}

export const FormContext = createContext<Form | undefined>(undefined)

export function useFormContext(): Form {
  const form = useContext(FormContext)
  if (form === undefined) throw new Error('a field stands outside a form')
  return form
}

export const fieldId = (pointer: string): string => `field${pointer.replaceAll('/', '-')}`

const isEmpty = (value: unknown) =>
  value === undefined ||
  value === null ||
  value === '' ||
  (Array.isArray(value) && value.length === 0)

export function useForm<Body extends object>(settings: FormSettings<Body>): Form {
  const [kept, setKept] = useState(settings.start)
  const [body, setBody] = useState(settings.start.body)
  const [generation, setGeneration] = useState(0)
  const [isBusy, setBusy] = useState(false)
  const [isSaved, setSaved] = useState(false)
  const [faults, setFaults] = useState<readonly FormFault[]>([])
  const [problem, setProblem] = useState<unknown>()
  const [fresh, setFresh] = useState<{ kept: Kept<Body>; differences: Conflict['differences'] }>()
  const fields = useRef(new Map<string, { label: string; isRequired: boolean }>())
  // Those that are shown tell it again as they are drawn.
  fields.current.clear()
  const isChanged = !isSame(kept.body, body)
  // Read by what was asked before the last change.
  const mayLeave = useRef(true)
  mayLeave.current = !isChanged || isBusy

  useEffect(() => {
    const leave = guardLeaving(() => mayLeave.current || confirm(words().everywhere.leaveUnsaved))
    const unload = (event: BeforeUnloadEvent) => {
      if (!mayLeave.current) event.preventDefault()
    }
    addEventListener('beforeunload', unload)
    return () => {
      leave()
      removeEventListener('beforeunload', unload)
    }
  }, [])

  const labelOf = (pointer: string) =>
    fields.current.get(pointer)?.label ??
    [...fields.current].find(([field]) => pointer.startsWith(`${field}/`))?.[1].label

  const take = (next: Kept<Body>) => {
    if (!isSame(next.body, body)) setGeneration(generation + 1)
    setKept(next)
    setBody(next.body)
    setFresh(undefined)
    setFaults([])
    setProblem(undefined)
  }

  const send = async (before: Kept<Body>) => {
    const missing = [...fields.current].flatMap(([pointer, { label, isRequired }]) =>
      isRequired && isEmpty(readAt(body, pointer))
        ? [{ pointer, label, detail: words().everywhere.required }]
        : [],
    )
    setFaults(missing)
    setProblem(undefined)
    setSaved(false)
    if (missing.length > 0) return
    setBusy(true)
    try {
      const next = await settings.send(body, before)
      if (next !== undefined) {
        take(next)
        setSaved(true)
      }
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      await heed(error)
    } finally {
      setBusy(false)
    }
  }

  const heed = async (error: Problem) => {
    if (error.code === 'stale_revision' && settings.load !== undefined) {
      try {
        const now = await settings.load()
        setFresh({ kept: now, differences: differencesFrom(now.body) })
      } catch (failure) {
        setProblem(failure)
      }
      return
    }
    if (error.errors.length === 0) return setProblem(error)
    setFaults(
      error.errors.map(fault => {
        const pointer = settings.pointerOf?.(fault.pointer, body) ?? fault.pointer
        return { pointer, detail: sayFault(fault), label: labelOf(pointer) }
      }),
    )
  }

  const differencesFrom = (now: Body) =>
    [...fields.current]
      .filter(([pointer]) => !isSame(readAt(kept.body, pointer), readAt(now, pointer)))
      .map(([pointer, { label }]) => ({ label, pointer }))

  const conflict = fresh && {
    differences: fresh.differences,
    takeTheirs: () => take(fresh.kept),
    saveMine: () => {
      const { revision } = fresh.kept
      setFresh(undefined)
      setKept({ ...kept, revision })
      void send({ ...kept, revision })
    },
  }

  return {
    body,
    generation,
    isChanged,
    isBusy,
    isSaved: isSaved && !isChanged,
    faults,
    problem,
    conflict,
    read: pointer => readAt(body, pointer),
    write: (pointer, value) => {
      setBody(now => (pointer === '' ? (value as Body) : writeAt(now, pointer, value)))
      // What was found wrong with a field is not said of what stands there now.
      setFaults(found => found.filter(fault => !concerns(fault.pointer, pointer)))
    },
    faultAt: pointer => faults.find(fault => concerns(fault.pointer, pointer))?.detail,
    know: (pointer, label, isRequired) => {
      fields.current.set(pointer, { label, isRequired })
    },
    submit: () => send(kept),
  }
}

const concerns = (fault: string, pointer: string) =>
  fault === pointer || fault.startsWith(`${pointer}/`)
