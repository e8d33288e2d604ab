import { useRef, useState } from 'preact/hooks'
import { settingsWords } from '../../../i18n/settings.ts'
import { remove } from '../../../lib/api.ts'
import { sayFault } from '../../../lib/faults.ts'
import { count, dayAndClock, percent, words } from '../../../lib/i18n.ts'
import { usePages } from '../../../lib/pages.ts'
import { goTo, pathTo } from '../../../lib/place.ts'
import { Problem } from '../../../lib/problem.ts'
import { useResource } from '../../../lib/resource.ts'
import { isIn } from '../../../lib/session.ts'
import type { GeocodeSet, LoadedGeocodeSet } from '../../../lib/setting-types.ts'
import { upload } from '../../../lib/upload.ts'
import { BackTo } from '../../../parts/BackTo.tsx'
import { Empty } from '../../../parts/Empty.tsx'
import { Field } from '../../../parts/Field.tsx'
import { Loaded } from '../../../parts/Loaded.tsx'
import { Notice, ProblemNotice } from '../../../parts/Notice.tsx'
import { PageList } from '../../../parts/Pages.tsx'
import { SureButton } from '../../../parts/SureButton.tsx'

export function NewGeocodeSet() {
  const { geocodeSets } = settingsWords()
  const [loaded, setLoaded] = useState<LoadedGeocodeSet>()
  return (
    <>
      <BackTo way={['settings', 'geocode-sets']}>{geocodeSets.title}</BackTo>
      <h1>{geocodeSets.add}</h1>
      <p class="muted">{geocodeSets.intro}</p>
      {loaded === undefined ? (
        <section class="card">
          <Load taken={setLoaded} />
        </section>
      ) : (
        <>
          <WhatWasLoaded of={loaded} />
          <p>
            <a
              class="button primary"
              href={pathTo('settings', 'geocode-sets', 'set', loaded.valueName)}
            >
              {loaded.valueName}
            </a>
          </p>
        </>
      )}
    </>
  )
}

export function GeocodeSetPage({ name }: { name: string }) {
  const { geocodeSets } = settingsWords()
  const path = `/v1/geocode-sets/${encodeURIComponent(name)}`
  const set = useResource<GeocodeSet>(path)
  const [loaded, setLoaded] = useState<LoadedGeocodeSet>()
  const leave = async () => {
    await remove(path)
    goTo(pathTo('settings', 'geocode-sets'))
  }
  return (
    <>
      <BackTo way={['settings', 'geocode-sets']}>{geocodeSets.title}</BackTo>
      <h1>{name}</h1>
      {loaded && <WhatWasLoaded of={loaded} />}
      <Loaded of={set} what={geocodeSets.title}>
        {one => (
          <>
            <section class="card stack">
              <dl class="facts">
                <dt>{geocodeSets.description}</dt>
                <dd>{one.description ?? '–'}</dd>
                <dt>{geocodeSets.codes}</dt>
                <dd>{count(one.codes)}</dd>
                <dt>{geocodeSets.corners}</dt>
                <dd>{count(one.corners)}</dd>
                <dt>{geocodeSets.loaded}</dt>
                <dd>{dayAndClock(one.loadedAt)}</dd>
                <dt>{geocodeSets.version}</dt>
                <dd class="hash">{one.version}</dd>
              </dl>
            </section>
            <Codes key={one.version} path={path} />
            {isIn('administrator') && (
              <>
                <section class="card stack">
                  <h2>{geocodeSets.replace}</h2>
                  <p>{geocodeSets.replaceText}</p>
                  <Load
                    replaces={name}
                    taken={now => {
                      setLoaded(now)
                      set.set(now)
                    }}
                  />
                </section>
                <section class="card stack">
                  <h2>{geocodeSets.remove}</h2>
                  <p>{geocodeSets.removeText}</p>
                  <SureButton question={geocodeSets.removeQuestion(name)} act={leave}>
                    {geocodeSets.remove}
                  </SureButton>
                </section>
              </>
            )}
          </>
        )}
      </Loaded>
    </>
  )
}

function Codes({ path }: { path: string }) {
  const { geocodeSets } = settingsWords()
  const found = usePages<{ code: string; name: string }>(`${path}/codes`)
  return (
    <section class="card stack">
      <h2>{geocodeSets.codes}</h2>
      <PageList of={found} what={geocodeSets.codes} empty={<Empty>{geocodeSets.noCodes}</Empty>}>
        {items => (
          <table class="table rows">
            <thead>
              <tr>
                <th scope="col">{geocodeSets.codeHead}</th>
                <th scope="col">{geocodeSets.codeName}</th>
              </tr>
            </thead>
            <tbody>
              {items.map(({ code, name }) => (
                <tr key={code}>
                  <th scope="row">{code}</th>
                  <td data-label={geocodeSets.codeName}>{name}</td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </PageList>
    </section>
  )
}

function WhatWasLoaded({ of: { codes, warnings } }: { of: LoadedGeocodeSet }) {
  const { geocodeSets } = settingsWords()
  return (
    <>
      <Notice kind="ok" urgent>
        <p>{geocodeSets.loadedWith(count(codes))}</p>
      </Notice>
      {warnings.length > 0 && (
        <Notice kind="warn">
          <p>{geocodeSets.cleaned}</p>
          <ul class="small">
            {warnings.map((fault, no) => (
              <li key={no}>
                <span class="mono">{fault.pointer}</span> {sayFault(fault)}
              </li>
            ))}
          </ul>
        </Notice>
      )}
    </>
  )
}

const EMPTY = { valueName: '', code: '', name: '', description: '', radiusKm: '' }
type Given = typeof EMPTY

/** A file and which of its properties say what. It goes as it is: the server reads it while it comes. */
function Load({
  replaces,
  taken,
}: {
  /** The set in whose place it comes; none: a new one. */
  replaces?: string
  taken: (loaded: LoadedGeocodeSet) => void
}) {
  const { geocodeSets, imports } = settingsWords()
  const { everywhere } = words()
  const [given, setGiven] = useState<Given>(EMPTY)
  const [file, setFile] = useState<File>()
  const [share, setShare] = useState<number>()
  const [problem, setProblem] = useState<unknown>()
  const [isTried, setTried] = useState(false)
  const stopping = useRef<AbortController>(undefined)
  const isNew = replaces === undefined
  const lacks = (field: keyof Given) => isTried && given[field].trim() === ''

  const start = async () => {
    setTried(true)
    const isComplete =
      file !== undefined && given.code.trim() !== '' && (!isNew || given.valueName.trim() !== '')
    if (!isComplete || share !== undefined) return
    setProblem(undefined)
    setShare(0)
    const turn = new AbortController()
    stopping.current = turn
    const said = Object.entries(given).filter(
      ([field, value]) => value.trim() !== '' && (isNew || field !== 'valueName'),
    )
    const query = new URLSearchParams(said.map(([field, value]) => [field, value.trim()]))
    const at = isNew ? '/v1/geocode-sets' : `/v1/geocode-sets/${encodeURIComponent(replaces)}`
    try {
      const loaded = await upload<LoadedGeocodeSet>(
        `${at}?${query.toString()}`,
        file,
        'application/geo+json',
        { method: isNew ? 'POST' : 'PUT', tell: setShare, signal: turn.signal },
      )
      taken(loaded)
    } catch (error) {
      if (!turn.signal.aborted) setProblem(error)
    } finally {
      setShare(undefined)
    }
  }

  const line = (field: keyof Given, label: string, hint?: string, isRequired = false) => (
    <Field
      label={isRequired ? label : `${label} (${everywhere.optional})`}
      hint={hint}
      fault={isRequired && lacks(field) ? everywhere.required : undefined}
    >
      <input
        value={given[field]}
        autocomplete="off"
        onInput={event => setGiven({ ...given, [field]: event.currentTarget.value })}
      />
    </Field>
  )
  return (
    <form
      class="form stack"
      noValidate
      onSubmit={event => {
        event.preventDefault()
        void start()
      }}
    >
      <Refusal problem={problem} />
      {isNew && line('valueName', geocodeSets.name, geocodeSets.nameHint, true)}
      <Field
        label={geocodeSets.file}
        fault={isTried && file === undefined ? geocodeSets.fileMissing : undefined}
      >
        <input
          type="file"
          accept=".json,.geojson,application/geo+json,application/json"
          onChange={event => setFile(event.currentTarget.files?.[0])}
        />
      </Field>
      {line('code', geocodeSets.code, undefined, true)}
      {line('name', geocodeSets.label)}
      {line('radiusKm', geocodeSets.radius, geocodeSets.radiusHint)}
      {line('description', geocodeSets.description)}
      <div class="buttons">
        <button type="submit" class="button primary" aria-disabled={share !== undefined}>
          {geocodeSets.load}
        </button>
        {share !== undefined && (
          <button type="button" class="button" onClick={() => stopping.current?.abort()}>
            {imports.cancel}
          </button>
        )}
      </div>
      <div role="status">
        {share !== undefined && (
          <p>{share < 1 ? geocodeSets.loading(percent(share, 1)) : geocodeSets.checking}</p>
        )}
      </div>
    </form>
  )
}

/** Each with its place in the file: there may be thousands of features. */
function Refusal({ problem }: { problem: unknown }) {
  if (!(problem instanceof Problem) || problem.errors.length === 0) {
    return <ProblemNotice problem={problem} />
  }
  return (
    <Notice kind="error" urgent>
      <p>{words().problems.invalid_area}</p>
      <ul class="small">
        {problem.errors.map((fault, no) => (
          <li key={no}>
            <span class="mono">{fault.pointer}</span> {sayFault(fault)}
          </li>
        ))}
      </ul>
    </Notice>
  )
}
