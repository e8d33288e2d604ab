import type { ComponentChildren } from 'preact'
import { useId, useRef, useState } from 'preact/hooks'

/** Tabs as ARIA has them: arrow keys go from one to the next, and choose it. */
export function Tabs({
  label,
  tabs,
}: {
  label: string
  tabs: readonly { readonly name: string; readonly content: () => ComponentChildren }[]
}) {
  const [chosen, setChosen] = useState(0)
  const list = useRef<HTMLDivElement>(null)
  const id = useId()
  const choose = (no: number) => {
    const next = (no + tabs.length) % tabs.length
    setChosen(next)
    list.current?.querySelectorAll('button')[next]?.focus()
  }
  return (
    <>
      <div class="tabs" role="tablist" aria-label={label} ref={list}>
        {tabs.map(({ name }, no) => (
          <button
            key={name}
            type="button"
            role="tab"
            id={`${id}-${no}`}
            aria-selected={no === chosen}
            aria-controls={`${id}-panel`}
            tabIndex={no === chosen ? 0 : -1}
            onClick={() => setChosen(no)}
            onKeyDown={({ key }) => {
              if (key === 'ArrowRight') choose(no + 1)
              if (key === 'ArrowLeft') choose(no - 1)
              if (key === 'Home') choose(0)
              if (key === 'End') choose(tabs.length - 1)
            }}
          >
            {name}
          </button>
        ))}
      </div>
      <div role="tabpanel" id={`${id}-panel`} aria-labelledby={`${id}-${chosen}`}>
        {tabs[chosen]?.content()}
      </div>
    </>
  )
}
