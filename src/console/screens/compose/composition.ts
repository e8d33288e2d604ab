/**
 * An alert while it is written: the form, what the server has of it, and how many it would reach.
 *
 * Each change is kept in this browser at once and goes to the server as a draft. An area, a group or anything else
 * that is chosen goes at once, so that the reach is there before the hand has left the mouse; of several in a row the
 * first does, and what follows 80 ms after the last. While somebody types it goes a little later, for each saving is a
 * line in the alert's history. One saving is under way at a time. A draft that somebody else has changed is never
 * overwritten without asking (412).
 */
import { computed, signal } from '@preact/signals'
import type { z } from 'zod'
import type { estimateSchema } from '../../../http/estimate-schema.ts'
import { get, patch, post, remove } from '../../lib/api.ts'
import { pathTo, place } from '../../lib/place.ts'
import { isUnreachable, Problem } from '../../lib/problem.ts'
import type { Alert } from '../../lib/types.ts'
import type { Template } from './template.ts'
import { isFilledIn } from './template.ts'
import { areaFault } from './areas.ts'
import { draftOf, type Form, formFromAlert, templatePatchOf, useOf } from './form.ts'
import { keep, kept } from './kept.ts'

export type Estimate = z.infer<typeof estimateSchema>
type Kind = 'typed' | 'chosen'

const IN_A_ROW_MS = 80
const TYPED_MS = 700
const AGAIN_MS = 3_000
const COALESCE_MS = 1_000
const MOST_STEPS = 200

export type Composition = ReturnType<typeof createComposition>

/** Why there is no draft on the server yet, and so no reach. */
export type Lack = 'template' | 'event' | 'area' | 'fault'

export function createComposition(first: Form, stored: Alert | undefined, restored = false) {
  const status: Alert['status'] = place.value.mode === 'live' ? 'Actual' : 'Exercise'
  const name = (id: string | undefined) => `${pathTo()} ${id ?? 'new'}`

  const form = signal(first)
  const alert = signal(stored)
  const template = signal<Template | undefined>(undefined)
  const saving = signal<'no' | 'waiting' | 'saving'>('no')
  const savedAt = signal(stored === undefined ? 0 : Date.parse(stored.updatedAt))
  const problem = signal<unknown>(undefined)
  const conflict = signal<Alert | undefined>(undefined)
  const estimate = signal<Estimate | undefined>(undefined)
  const estimateAt = signal(0)
  const isEstimateFresh = signal(false)
  const past = signal<readonly Form[]>([])
  const future = signal<readonly Form[]>([])
  let lastKind = ''
  let lastAt = 0
  let lastChosenAt = 0
  let timer: ReturnType<typeof setTimeout> | undefined
  let running: Promise<void> | undefined
  let isDirty = restored
  let isClosed = false
  /** So that a draft whose answer was lost is not written twice. */
  let creationKey = crypto.randomUUID()

  const lack = computed<Lack | undefined>(() => {
    const { areas, groups, event, template: from } = form.value
    if (from !== undefined) {
      if (template.value === undefined || !isFilledIn(template.value, from.blanks))
        return 'template'
    } else if (event.trim() === '') return 'event'
    if (areas.some(area => areaFault(area) !== undefined)) return 'fault'
    // An exercise reaches its roster, whatever the area; but where it would be real belongs to it.
    return areas.length === 0 && groups.length === 0 ? 'area' : undefined
  })

  const keepHere = () =>
    keep(name(alert.value?.id), {
      form: form.value,
      alertId: alert.value?.id,
      revision: alert.value?.revision,
      at: Date.now(),
    })

  const schedule = (ms: number) => {
    clearTimeout(timer)
    saving.value = 'waiting'
    timer = setTimeout(() => void save(), ms)
  }

  /** Resolves once the server has all that is in the form, or can't have it. */
  const save = async (): Promise<void> => {
    clearTimeout(timer)
    await running
    if (!isDirty || isClosed || conflict.value !== undefined) return
    if (lack.value !== undefined) {
      saving.value = 'no'
      return
    }
    running = saveOnce().finally(() => (running = undefined))
    await running
  }

  const saveOnce = async () => {
    saving.value = 'saving'
    isDirty = false
    const sent = form.value
    try {
      const before = alert.value?.id
      const { estimate: counted, ...next } = await write(sent)
      // Asked before anything is drawn anew, where it has not come with the answer.
      const reach = counted ?? get<Estimate>(reachOf(next))
      alert.value = next
      savedAt.value = Date.now()
      problem.value = undefined
      if (before !== next.id) {
        void keep(name(before), undefined)
        // The place is the draft's own from now on; the screen stays as it is.
        history.replaceState(null, '', pathTo('alerts', next.id, 'edit'))
      }
      if (!isDirty) {
        void keep(name(next.id), undefined)
        saving.value = 'no'
      }
      await showReach(next, reach)
    } catch (error) {
      isDirty = true
      saving.value = 'no'
      if (error instanceof Problem && error.code === 'stale_revision' && alert.value) {
        conflict.value = await get<Alert>(`/v1/alerts/${alert.value.id}`)
        return
      }
      problem.value = error
      if (isUnreachable(error)) schedule(AGAIN_MS)
    }
  }

  const write = async (sent: Form): Promise<Alert & { readonly estimate?: Estimate }> => {
    const now = new Date()
    const before = alert.value
    const heldTo = before?.template?.partedAt === null ? before.template.id : undefined
    if (before !== undefined && sent.template === undefined) {
      const parts = heldTo === undefined ? {} : { template: null }
      // What is not there any more is taken away.
      const optional = { corrections: null, reminders: null, escalations: null }
      const draft = { ...optional, ...draftOf(sent, status, now) }
      const audience = { ...before.audience, groups: sent.groups }
      return patch(edited(before), { ...draft, audience, ...parts }, at(before))
    }
    if (before !== undefined && heldTo === sent.template?.id) {
      return patch(edited(before), templatePatchOf(sent, before, now), at(before))
    }
    // A draft keeps the template that it was made of: another template makes another draft.
    const path =
      sent.template === undefined ? '/v1/alerts' : `/v1/templates/${sent.template.id}/draft`
    const body = sent.template === undefined ? draftOf(sent, status, now) : useOf(sent, status, now)
    const made = await post<Alert>(path, body, { idempotencyKey: creationKey })
    creationKey = crypto.randomUUID()
    if (before !== undefined) await remove(`/v1/alerts/${before.id}`).catch(() => undefined)
    const isOther =
      made.severity !== sent.severity ||
      !isSame(made.replies.options, sent.replies) ||
      sent.reminders !== undefined ||
      (sent.escalations ?? []).length > 0
    if (!isOther || sent.template === undefined) return made
    return patch(edited(made), templatePatchOf(sent, made, now), at(made))
  }

  const askReach = (of: Alert) => showReach(of, get<Estimate>(reachOf(of)))

  const showReach = async (
    { revision }: Pick<Alert, 'revision'>,
    asked: Estimate | Promise<Estimate>,
  ) => {
    const answer = await asked
    if (alert.value?.revision !== revision) return
    estimate.value = answer
    estimateAt.value = Date.now()
    isEstimateFresh.value = !isDirty
  }

  const put = (next: Form, kind: Kind) => {
    form.value = next
    isDirty = true
    isEstimateFresh.value = false
    void keepHere()
    if (kind === 'typed') return schedule(TYPED_MS)
    const isInARow = Date.now() - lastChosenAt < IN_A_ROW_MS
    lastChosenAt = Date.now()
    if (isInARow) return schedule(IN_A_ROW_MS)
    saving.value = 'waiting'
    void save()
  }

  return {
    /** Of the page that shows it. */
    key: crypto.randomUUID(),
    status,
    form,
    alert,
    template,
    saving,
    savedAt,
    problem,
    conflict,
    estimate,
    estimateAt,
    isEstimateFresh,
    lack,
    past,
    future,
    change(next: Partial<Form>, kind: Kind = 'chosen') {
      // What is typed in one go is undone in one go.
      const what = Object.keys(next).join()
      const isSameGo = kind === 'typed' && what === lastKind && Date.now() - lastAt < COALESCE_MS
      if (!isSameGo) past.value = [...past.value.slice(-MOST_STEPS), form.value]
      future.value = []
      ;[lastKind, lastAt] = [what, Date.now()]
      put({ ...form.value, ...next }, kind)
    },
    /** The texts that a template makes of its blanks: no step of the author's own. */
    fillTexts(texts: Form['texts']) {
      form.value = { ...form.value, texts }
    },
    undo() {
      const last = past.value.at(-1)
      if (last === undefined) return
      past.value = past.value.slice(0, -1)
      future.value = [form.value, ...future.value]
      lastKind = ''
      put(last, 'chosen')
    },
    redo() {
      const [next, ...rest] = future.value
      if (next === undefined) return
      past.value = [...past.value, form.value]
      future.value = rest
      lastKind = ''
      put(next, 'chosen')
    },
    save,
    isSaved: () => !isDirty && alert.value !== undefined,
    async keepMine() {
      alert.value = conflict.value
      conflict.value = undefined
      isDirty = true
      await save()
    },
    takeTheirs() {
      const theirs = conflict.value
      if (theirs === undefined) return
      alert.value = theirs
      form.value = formFromAlert(theirs)
      conflict.value = undefined
      isDirty = false
      void keep(name(theirs.id), undefined)
      void askReach(theirs).catch(() => undefined)
    },
    start() {
      if (restored) schedule(0)
      else if (stored !== undefined) void askReach(stored).catch(() => undefined)
    },
    forget: () => keep(name(alert.value?.id), undefined),
    /** What could not be saved stays in this browser. */
    close() {
      if (isDirty) void save().finally(() => (isClosed = true))
      else isClosed = true
      clearTimeout(timer)
    },
  }
}

const at = ({ revision }: Alert) => ({ revision })
const reachOf = ({ id }: Pick<Alert, 'id'>) => `/v1/alerts/${id}/estimate`
/** A change that is answered with the reach, counted once. */
const edited = ({ id }: Pick<Alert, 'id'>) => `/v1/alerts/${id}?estimate=true`
const isSame = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b)

/** What was being written here, and did not reach the server: of a draft, or of a new alert. */
export async function unsaved(alertId: string | undefined) {
  return kept(`${pathTo()} ${alertId ?? 'new'}`)
}
