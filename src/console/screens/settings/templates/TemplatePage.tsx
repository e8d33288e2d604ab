import { settingsWords } from '../../../i18n/settings.ts'
import { useAct } from '../../../lib/act.ts'
import { get, post, remove } from '../../../lib/api.ts'
import { sayFault } from '../../../lib/faults.ts'
import { dayAndClock, languageName } from '../../../lib/i18n.ts'
import { goTo, pathTo } from '../../../lib/place.ts'
import { useResource } from '../../../lib/resource.ts'
import { isIn } from '../../../lib/session.ts'
import type { Template } from '../../../lib/setting-types.ts'
import { BackTo } from '../../../parts/BackTo.tsx'
import { Loaded } from '../../../parts/Loaded.tsx'
import { Notice, ProblemNotice } from '../../../parts/Notice.tsx'
import { Severity } from '../../../parts/Severity.tsx'
import { SureButton } from '../../../parts/SureButton.tsx'
import { TextState } from './TextState.tsx'
import { Versions } from './Versions.tsx'

const LONG_PARTS = ['headline', 'description', 'instruction'] as const

/** A template to be read, language by language. */
export function TemplatePage({ id }: { id: string }) {
  const { templates } = settingsWords()
  const path = `/v1/templates/${id}`
  const template = useResource<Template>(path)
  const leave = async () => {
    const { revision } = await get<Template>(path)
    await remove(path, { revision })
    goTo(pathTo('settings', 'templates'))
  }
  const mayWrite = isIn('administrator', 'author')
  return (
    <>
      <BackTo way={['settings', 'templates']}>{templates.title}</BackTo>
      <Loaded of={template} what={templates.title} lines={8}>
        {one => (
          <>
            <div class="screen-head">
              <h1>{one.name}</h1>
              {mayWrite && (
                <a class="button" href={pathTo('settings', 'templates', id, 'edit')}>
                  {templates.edit}
                </a>
              )}
            </div>
            <Facts of={one} />
            {one.languages.map(language => (
              <Text
                key={language}
                of={one}
                language={language}
                read={async () => {
                  const { version } = one
                  template.set(await post<Template>(`${path}/review`, { language, version }))
                }}
              />
            ))}
            <Blanks of={one} />
            <Versions of={one} />
            {mayWrite && (
              <section class="card stack">
                <h2>{templates.remove}</h2>
                <p>{templates.deleteText}</p>
                <SureButton question={templates.removeQuestion(one.name)} act={leave}>
                  {templates.remove}
                </SureButton>
              </section>
            )}
          </>
        )}
      </Loaded>
    </>
  )
}

/** As it was, for the alerts that were made of it; also of a template that was deleted. */
export function VersionPage({ id, version }: { id: string; version: string }) {
  const { templates } = settingsWords()
  const template = useResource<Template>(`/v1/templates/${id}/versions/${version}`)
  return (
    <>
      <BackTo way={['settings', 'templates', id]}>{templates.title}</BackTo>
      <Loaded of={template} what={templates.title} lines={8}>
        {one => (
          <>
            <h1>{one.name}</h1>
            <Facts of={one} />
            {one.languages.map(language => (
              <Text key={language} of={one} language={language} />
            ))}
            <Blanks of={one} />
          </>
        )}
      </Loaded>
    </>
  )
}

function Facts({ of: one }: { of: Template }) {
  const { feedRules, templates } = settingsWords()
  return (
    <section class="card stack">
      <dl class="facts">
        <dt>{templates.event}</dt>
        <dd>{one.event}</dd>
        <dt>{templates.severity}</dt>
        <dd>
          <Severity of={one.severity} /> {feedRules.urgency[one.urgency]},{' '}
          {feedRules.certainty[one.certainty]}
        </dd>
        {one.description !== undefined && (
          <>
            <dt>{templates.purpose}</dt>
            <dd>{one.description}</dd>
          </>
        )}
        <dt>{templates.duration}</dt>
        <dd>
          {one.durationMinutes} {templates.minutes}
        </dd>
        <dt>{templates.replies}</dt>
        <dd>
          {one.replies.options.length === 0
            ? '–'
            : one.replies.options.map(({ code, label }) => `${code} ${label}`).join(', ')}
        </dd>
      </dl>
      <p class="muted small">
        {templates.version(one.version)}, {dayAndClock(one.writtenAt)}
      </p>
      {one.isUsable ? (
        <p>✓ {templates.usable}</p>
      ) : (
        <Notice kind="warn">
          <p>{templates.unusable}</p>
          <ul>
            {one.missing.map(fault => (
              <li key={fault.pointer + fault.detail}>
                {fault.pointer.slice(1)}: {sayFault(fault)}
              </li>
            ))}
          </ul>
        </Notice>
      )}
    </section>
  )
}

function Text({
  of: one,
  language,
  read,
}: {
  of: Template
  language: string
  /** Somebody stands for it: of the version in force alone. */
  read?: () => Promise<void>
}) {
  const { templates } = settingsWords()
  const { isBusy, problem, run } = useAct()
  const text = one.texts.find(found => found.language === language)
  const standing = one.states.find(found => found.language === language)
  const parts = ['sms', 'cancel', 'allClear'] as const
  return (
    <section class="card stack">
      <div class="row apart">
        <h2>{languageName(language)}</h2>
        {standing && <TextState language={language} state={standing.state} />}
      </div>
      {text && (
        <div class="template-texts">
          {parts.map(part => {
            const longest = one.longest.find(
              found => found.language === language && found.part === part,
            )
            return (
              text[part] !== undefined && (
                <div key={part}>
                  <h3>{templates[part]}</h3>
                  <div class="bubble" lang={language}>
                    {text[part]}
                  </div>
                  {longest && (
                    <p class="small muted">{templates.longest(longest.units, longest.segments)}</p>
                  )}
                </div>
              )
            )
          })}
        </div>
      )}
      {text &&
        LONG_PARTS.map(
          part =>
            text[part] !== undefined && (
              <div key={part}>
                <h3>{templates[part]}</h3>
                <p lang={language} class="note-text">
                  {text[part]}
                </p>
              </div>
            ),
        )}
      <ProblemNotice problem={problem} />
      {standing?.state === 'reviewed' && standing.reviewedAt !== null ? (
        <p role="status">✓ {templates.readBy(dayAndClock(standing.reviewedAt))}</p>
      ) : (
        text &&
        read &&
        isIn('author', 'approver') && (
          <button
            type="button"
            class="button start"
            aria-disabled={isBusy}
            onClick={() => void run(read)}
          >
            {templates.readText}
          </button>
        )
      )}
    </section>
  )
}

function Blanks({ of: { blanks } }: { of: Template }) {
  const { templates } = settingsWords()
  if (blanks.length === 0) return null
  return (
    <section class="card stack">
      <h2>{templates.blanks}</h2>
      <table class="table rows">
        <thead>
          <tr>
            <th scope="col">{templates.blank}</th>
            <th scope="col">{templates.kind}</th>
            <th scope="col">{templates.asked}</th>
          </tr>
        </thead>
        <tbody>
          {blanks.map(({ name, type, label }) => (
            <tr key={name}>
              <th scope="row">
                <code>{`{${name}}`}</code>
              </th>
              <td data-label={templates.kind}>{templates.blankTypes[type]}</td>
              <td data-label={templates.asked}>{label}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}
