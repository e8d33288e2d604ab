import { settingsWords } from '../../../i18n/settings.ts'
import { useFormContext } from '../../../lib/form.ts'
import { GeocodeInput } from '../../../parts/GeocodeInput.tsx'
import { GeoJsonInput } from '../../../parts/GeoJsonInput.tsx'
import {
  Choice,
  Choices,
  Flag,
  JsonInput,
  NumberInput,
  Rows,
  TextInput,
} from '../../../parts/inputs.tsx'
import { type Circle, OPERATIONS } from './draft.ts'
import { useGroups } from './use-groups.ts'

export function AreaFields() {
  const { groups } = settingsWords()
  const form = useFormContext()
  const isDrawn =
    form.read('/area/outline') !== null ||
    (form.read('/area/circle') as readonly Circle[]).length > 0
  return (
    <>
      <TextInput
        at="/area/areaDesc"
        label={groups.areaDesc}
        hint={groups.areaDescHint}
        max={500}
        optional
      />
      <GeocodeInput at="/area/geocode" label={groups.counties} />
      <Rows<Circle>
        at="/area/circle"
        label={groups.circles}
        add={groups.addCircle}
        remove={groups.removeCircle}
        most={100}
        fresh={() => ({ latitude: null, longitude: null, radiusKm: 5 })}
      >
        {at => (
          <>
            <NumberInput
              at={`${at}/latitude`}
              label={groups.latitude}
              min={-90}
              max={90}
              step="any"
            />
            <NumberInput
              at={`${at}/longitude`}
              label={groups.longitude}
              min={-180}
              max={180}
              step="any"
            />
            <NumberInput at={`${at}/radiusKm`} label={groups.radius} unit="km" min={0} step="any" />
          </>
        )}
      </Rows>
      <GeoJsonInput at="/area/outline" label={groups.outline} hint={groups.outlineHint} />
      {isDrawn && form.read('/area/geocode') !== null && (
        <Choice
          at="/area/combine"
          label={groups.combine}
          options={(['union', 'intersection'] as const).map(value => ({
            value,
            label: groups.combines[value],
          }))}
        />
      )}
    </>
  )
}

export function RuleFields() {
  const { groups } = settingsWords()
  return (
    <>
      <p class="muted">{groups.ruleHint}</p>
      <div class="fields">
        <TextInput
          at="/rule/language"
          label={groups.language}
          hint={groups.languageHint}
          max={35}
          optional
        />
        <TextInput at="/rule/externalIdPrefix" label={groups.externalIdPrefix} max={200} optional />
        <TextInput at="/rule/label" label={groups.label} max={100} optional />
        <TextInput at="/rule/consent" label={groups.consent} max={200} optional />
      </div>
      <Flag at="/rule/hasEmail" label={groups.hasEmail} />
    </>
  )
}

export function ExpressionFields() {
  const { groups } = settingsWords()
  const form = useFormContext()
  const all = useGroups()
  const operation = form.read('/operation')
  if (form.read('/expression') !== null) {
    return (
      <JsonInput at="/expression" label={groups.expressionJson} hint={groups.expressionJsonHint} />
    )
  }
  const chosen = form.read('/operands') as readonly string[]
  return (
    <>
      <Choice
        at="/operation"
        label={groups.operation}
        options={OPERATIONS.map(value => ({ value, label: groups.operations[value] }))}
      />
      <Choices
        at="/operands"
        label={groups.operands}
        {...(operation === 'difference' &&
          chosen[0] !== undefined && {
            hint: `${groups.operandFirst}: ${all.find(({ id }) => id === chosen[0])?.name ?? ''}`,
          })}
        options={all.map(({ id, name }) => ({ value: id, label: name }))}
      />
    </>
  )
}
