import type { ComponentType } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { words } from '../lib/i18n.ts'
import { ProblemNotice } from './Notice.tsx'
import { Problem } from '../lib/problem.ts'

/** A component whose code is loaded when it is first shown. */
export function lazy<Props extends object>(load: () => Promise<ComponentType<Props>>) {
  let loaded: ComponentType<Props> | undefined
  return function Lazy(props: Props) {
    const [Component, setComponent] = useState<{ is: ComponentType<Props> } | undefined>(
      loaded && { is: loaded },
    )
    const [problem, setProblem] = useState<Problem>()
    const start = () => {
      setProblem(undefined)
      load().then(
        is => {
          loaded = is
          setComponent({ is })
        },
        () => setProblem(new Problem('unreachable', { status: 0, code: 'unreachable' })),
      )
    }
    useEffect(() => {
      if (Component === undefined) start()
    }, [])
    if (problem !== undefined) return <ProblemNotice problem={problem} retry={start} />
    if (Component === undefined) return <p class="muted">{words().everywhere.loading}</p>
    return <Component.is {...props} />
  }
}
