import type { SettingsWords } from '../settings.ts'
import { account } from './settings/account.ts'
import { audit } from './settings/audit.ts'
import { carriers } from './settings/carriers.ts'
import { contacts, imports, optOuts, otherTexts } from './settings/contacts.ts'
import { exercises } from './settings/exercises.ts'
import { feedRules } from './settings/feed-rules.ts'
import { geocodeSets } from './settings/geocode-sets.ts'
import { geocodes } from './settings/geocodes.ts'
import { groups } from './settings/groups.ts'
import { mailReports } from './settings/mail-reports.ts'
import { organisation } from './settings/organisation.ts'
import { people } from './settings/people.ts'
import { settings } from './settings/settings.ts'
import { aggregators, feeds, subscribers } from './settings/systems.ts'
import { templates } from './settings/templates.ts'

export const spanishSettings: SettingsWords = {
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
