import { settingsWords } from '../../../i18n/settings.ts'
import { count, words } from '../../../lib/i18n.ts'
import type { Operator } from '../../../lib/types.ts'
import { geocodeName, useCounties } from '../../../parts/GeocodeInput.tsx'

const SHOWN = 8

export function JurisdictionInWords({ of: jurisdiction }: { of: Operator['jurisdiction'] }) {
  const { people } = settingsWords()
  const counties = useCounties()
  if (jurisdiction === null) return <>{people.noBorder}</>
  const { geocodes = [], geometry } = jurisdiction
  const named =
    geocodes.length > SHOWN
      ? [people.inCounties(geocodes.length)]
      : geocodes.map(geocode => geocodeName(geocode, counties))
  return <>{[...named, ...(geometry === undefined ? [] : [people.andOutline])].join('; ')}</>
}

export function LimitsInWords({ of: limits }: { of: Operator['limits'] }) {
  const { people } = settingsWords()
  const { severity } = words().alerts
  const { severities = [], events = [], maxRecipients } = limits ?? {}
  const said = [
    ...(severities.length > 0
      ? [people.limitSeverities(severities.map(one => severity[one]).join(', '))]
      : []),
    ...(events.length > 0 ? [people.limitEvents(events.length)] : []),
    ...(maxRecipients === undefined ? [] : [people.limitRecipients(count(maxRecipients))]),
  ]
  return <>{said.length === 0 ? people.noLimits : said.join('; ')}</>
}
