import { settingsWords } from '../../../i18n/settings.ts'
import type { Carrier } from '../../../lib/setting-types.ts'
import { Flag, NumberInput, RadioChoice, Rows, TextInput } from '../../../parts/inputs.tsx'

const USES = ['live', 'exercise', 'both'] as const

/** What every account has, whatever it speaks. */
export function CommonFields({ isMail }: { isMail: boolean }) {
  const { carriers } = settingsWords()
  return (
    <>
      <h2>{carriers.common}</h2>
      <div class="fields">
        <TextInput at="/name" label={carriers.name} empty="" max={100} />
        {!isMail && (
          <TextInput
            at="/sourceAddress"
            label={carriers.sourceAddress}
            hint={carriers.sourceAddressHint}
            max={21}
          />
        )}
        <NumberInput
          at="/segmentsPerSecond"
          label={carriers.segmentsPerSecond}
          unit={carriers.perSecond}
          hint={carriers.segmentsPerSecondHint}
          min={1}
          max={1_000_000}
        />
        <NumberInput
          at="/binds"
          label={carriers.binds}
          hint={carriers.bindsHint}
          min={1}
          max={100}
        />
        {!isMail && (
          <NumberInput
            at="/window"
            label={carriers.window}
            hint={carriers.windowHint}
            min={1}
            max={10_000}
          />
        )}
      </div>
      {!isMail && <Routes />}
      <RadioChoice
        at="/use"
        label={carriers.use}
        options={USES.map(value => ({ value, label: carriers.uses[value] }))}
      />
      <Flag at="/enabled" label={carriers.enabled} hint={carriers.enabledHint} />
      <Flag at="/draining" label={carriers.drain} hint={carriers.drainHint} />
    </>
  )
}

function Routes() {
  const { carriers } = settingsWords()
  return (
    <Rows<Carrier['routes'][number]>
      at="/routes"
      label={carriers.routes}
      hint={carriers.routesHint}
      add={carriers.addRoute}
      remove={carriers.removeRoute}
      most={1000}
      fresh={() => ({ prefix: '+', weight: 1 })}
    >
      {at => (
        <>
          <TextInput at={`${at}/prefix`} label={carriers.prefix} empty="" max={16} />
          <NumberInput at={`${at}/weight`} label={carriers.weight} min={0} step="any" optional />
          <NumberInput at={`${at}/preference`} label={carriers.preference} min={0} optional />
          <NumberInput at={`${at}/cost`} label={carriers.cost} min={0} step="any" optional />
        </>
      )}
    </Rows>
  )
}
