import type { SettingsWords } from '../settings.ts'
import { account } from './settings/account.ts'
import { audit } from './settings/audit.ts'
import { geocodes } from './settings/geocodes.ts'
import { organisation } from './settings/organisation.ts'
import { people } from './settings/people.ts'
import { settings } from './settings/settings.ts'

export const spanishSettings: SettingsWords = {
  account,
  audit,
  geocodes,
  organisation,
  people,
  settings,
}
