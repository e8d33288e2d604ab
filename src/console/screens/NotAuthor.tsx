import { words } from '../lib/i18n.ts'
import { Empty } from '../parts/Empty.tsx'
import { useModeOfPage } from '../parts/Frame.tsx'

/** Where alerts are written, for who may write none. */
export function NotAuthor() {
  const { frame } = words()
  useModeOfPage(frame.newAlert)
  return (
    <>
      <h1>{frame.newAlert}</h1>
      <Empty>{frame.authorsAlone}</Empty>
    </>
  )
}
