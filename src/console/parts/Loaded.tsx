import type { ComponentChildren } from 'preact'
import type { Resource } from '../lib/resource.ts'
import { ProblemNotice } from './Notice.tsx'
import { Waiting } from './Waiting.tsx'

/** What is shown of a resource once it is there; before that its outline, or why it does not come. */
export function Loaded<T>({
  of: resource,
  what,
  lines = 4,
  children,
}: {
  of: Resource<T>
  what: string
  lines?: number
  children: (data: T) => ComponentChildren
}) {
  const data = resource.data.value
  const problem = resource.problem.value
  if (data !== undefined) return <>{children(data)}</>
  if (problem === undefined) return <Waiting lines={lines} what={what} />
  return <ProblemNotice problem={problem} retry={() => void resource.refresh()} />
}
