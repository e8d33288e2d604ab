/** The words of the settings: loaded with them, for no first screen needs them. */
import { language } from '../lib/i18n.ts'
import { account } from './en/settings/account.ts'
import { audit } from './en/settings/audit.ts'
import { carriers } from './en/settings/carriers.ts'
import { contacts, imports, optOuts, otherTexts } from './en/settings/contacts.ts'
import { exercises } from './en/settings/exercises.ts'
import { feedRules } from './en/settings/feed-rules.ts'
import { geocodeSets } from './en/settings/geocode-sets.ts'
import { geocodes } from './en/settings/geocodes.ts'
import { groups } from './en/settings/groups.ts'
import { mailReports } from './en/settings/mail-reports.ts'
import { organisation } from './en/settings/organisation.ts'
import { people } from './en/settings/people.ts'
import { settings } from './en/settings/settings.ts'
import { aggregators, feeds, subscribers } from './en/settings/systems.ts'
import { templates } from './en/settings/templates.ts'
import { spanishSettings } from './es/settings.ts'

const english = {
  account,
  aggregators,
  audit,
  carriers,
  contacts,
  exercises,
  feedRules,
  feeds,
  geocodeSets,
  geocodes,
  groups,
  imports,
  mailReports,
  optOuts,
  organisation,
  otherTexts,
  people,
  settings,
  subscribers,
  templates,
}
export type SettingsWords = typeof english

export const settingsWords = (): SettingsWords =>
  language.value === 'es' ? spanishSettings : english
