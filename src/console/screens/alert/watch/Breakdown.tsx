import { useState } from 'preact/hooks'
import { clock, count, languageName, percent, words } from '../../../lib/i18n.ts'
import type { Alert, Outcomes, Tally } from '../../../lib/types.ts'
import {
  type Column,
  type Row,
  rowsByArea,
  rowsByGroup,
  rowsByLanguage,
  sorted,
} from './breakdown.ts'
import { Shares } from './Shares.tsx'
import { Tabs } from './Tabs.tsx'

/** The same people by where they are, what they belong to, and what they read. */
export function Breakdown({
  alert,
  tally,
  outcomes,
}: {
  alert: Alert
  tally: Tally
  outcomes: Outcomes | undefined
}) {
  const { watching } = words()
  const { options } = alert.replies
  const tabs = [
    {
      name: watching.byArea,
      content: () => (
        <>
          <Rows
            key="area"
            head={watching.byArea}
            columns={['phones', 'delivered', 'replied', 'help']}
            rows={rowsByArea(tally, outcomes?.reach.byArea, options, watching.outside)}
          />
          {/* The totals are newer: while it is being sent the two differ. */}
          {outcomes && (
            <p class="muted small apart-above">{watching.countedAt(clock(outcomes.madeAt))}</p>
          )}
        </>
      ),
    },
    {
      name: watching.byGroup,
      content: () => (
        <Rows
          key="group"
          head={watching.byGroup}
          columns={['phones', 'replied', 'help']}
          rows={rowsByGroup(tally, options)}
        />
      ),
    },
    {
      name: watching.byLanguage,
      content: () => (
        <Rows
          key="language"
          head={watching.byLanguage}
          columns={['phones']}
          rows={rowsByLanguage(outcomes?.texts, languageName)}
        />
      ),
    },
  ]
  return <Tabs label={watching.breakdown} tabs={tabs} />
}

function Rows({
  head,
  columns,
  rows,
}: {
  head: string
  columns: readonly Exclude<Column, 'name'>[]
  rows: readonly Row[]
}) {
  const { watching } = words()
  const [by, setBy] = useState<Column>()
  const heads: Readonly<Record<Column, string>> = {
    name: head,
    phones: watching.phones,
    delivered: watching.deliveredHead,
    replied: watching.repliedHead,
    help: watching.mapValues.help,
  }
  if (rows.length === 0) return <p class="muted">{watching.nothingToSplit}</p>
  const headOf = (column: Column) => (
    <th
      key={column}
      scope="col"
      class={column === 'name' || column === 'delivered' ? undefined : 'number'}
      aria-sort={by !== column ? undefined : column === 'name' ? 'ascending' : 'descending'}
    >
      <button type="button" class="sort" onClick={() => setBy(by === column ? undefined : column)}>
        <span class="visually-hidden">{watching.sortBy(heads[column])}</span>
        <span aria-hidden="true">
          {heads[column]} {by === column ? (column === 'name' ? '▲' : '▼') : '↕'}
        </span>
      </button>
    </th>
  )
  const cellOf = (row: Row, column: Column) => {
    const label = heads[column]
    switch (column) {
      case 'name':
        return null
      case 'delivered':
        return (
          <td key={column} data-label={label}>
            {row.delivered === undefined ? (
              '–'
            ) : (
              <Shares
                of={row.phones}
                delivered={row.delivered}
                submitted={row.submitted}
                failed={row.failed}
              />
            )}
          </td>
        )
      case 'phones':
        return (
          <td key={column} class="number" data-label={label}>
            {count(row.phones)}
          </td>
        )
      case 'replied':
        return (
          <td key={column} class="number" data-label={label}>
            {row.replied === undefined ? '–' : percent(row.replied, row.phones)}
          </td>
        )
      case 'help':
        return (
          <td key={column} class="number" data-label={label}>
            <strong>{row.help === undefined ? '–' : count(row.help)}</strong>
          </td>
        )
    }
  }
  return (
    <table class="table rows narrow">
      <thead>
        <tr>
          {headOf('name')}
          {columns.map(headOf)}
        </tr>
      </thead>
      <tbody>
        {sorted(rows, by).map(row => (
          <tr key={row.name}>
            <th scope="row">{row.name}</th>
            {columns.map(column => cellOf(row, column))}
          </tr>
        ))}
      </tbody>
    </table>
  )
}
