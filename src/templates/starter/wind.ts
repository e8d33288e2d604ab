import { PLACE, SAFE_OR_HELP, type Starter, UNTIL, UNTIL_DATE } from './starter.ts'

export const WIND_AND_WEATHER: readonly Starter[] = [
  {
    key: 'tornado',
    name: 'Tornado',
    description: 'A tornado was seen, or radar shows one.',
    blanks: [PLACE, UNTIL],
    category: ['Met'],
    event: 'Tornado Warning',
    eventCode: [{ valueName: 'SAME', value: 'TOR' }],
    responseType: ['Shelter'],
    urgency: 'Immediate',
    severity: 'Extreme',
    certainty: 'Observed',
    replies: SAFE_OR_HELP,
    durationMinutes: 45,
    en: {
      sms: '{sender}: TORNADO near {place} until {until}. Go NOW to a basement or a small room inside, on the lowest floor. Cover your head. Reply 1 SAFE, 2 NEED HELP.',
      headline: 'Tornado near {place}',
      description: 'There is a tornado near {place}. What flies in the wind can kill.',
      instruction:
        'Go to a basement, or to a small room without windows on the lowest floor. Leave mobile homes and cars for a strong building. Outside, lie flat in a ditch, face down. Cover your head.',
      cancel:
        '{sender}: SENT IN ERROR. There is no tornado near {place}. You do not need to do anything.',
      allClear:
        '{sender}: ALL CLEAR. The tornado has left {place}. Keep away from wires and damaged buildings.',
    },
    es: {
      sms: '{sender}: TORNADO cerca de {place} (hasta: {until}). Vaya YA al piso bajo, a un cuarto interior sin ventanas. Proteja su cabeza. Responda 1 BIEN, 2 NECESITO AYUDA.',
      headline: 'Tornado cerca de {place}',
      description: 'Hay un tornado cerca de {place}. Lo que arrastra puede matar.',
      instruction:
        'Vaya a un sótano o a un cuarto pequeño sin ventanas en el piso más bajo. Deje la casa móvil o el carro y entre en un edificio fuerte. Al aire libre, acuéstese boca abajo en una zanja. Proteja su cabeza.',
      cancel:
        '{sender}: ENVIADO POR ERROR. No hay un tornado cerca de {place}. No tiene que hacer nada.',
      allClear:
        '{sender}: FIN DE LA ALERTA. El tornado se fue de {place}. No se acerque a cables ni a edificios con daños.',
    },
  },
  {
    key: 'hurricane',
    name: 'Hurricane',
    description: 'Hurricane winds are expected; who must leave gets an evacuation alert.',
    blanks: [
      PLACE,
      { name: 'arrival', type: 'time', show: 'weekday', label: 'When the wind comes' },
    ],
    category: ['Met'],
    event: 'Hurricane Warning',
    eventCode: [{ valueName: 'SAME', value: 'HUW' }],
    responseType: ['Prepare', 'Shelter'],
    urgency: 'Expected',
    severity: 'Extreme',
    certainty: 'Likely',
    durationMinutes: 36 * 60,
    en: {
      sms: '{sender}: HURRICANE. Strong wind and high water come to {place} {arrival}. Get water, food, medicine and light now. Leave at once if you are told to leave.',
      headline: 'Hurricane comes to {place}',
      description:
        'A hurricane comes to {place}, {arrival}. Expect strong wind, high water and days without power.',
      instruction:
        'Get water, food and medicine for three days. Charge your phone. Bring in what can fly. Stay away from windows while the wind blows. When it stops suddenly it may be the eye: stay inside. Leave at once if you are told to leave.',
      cancel:
        '{sender}: SENT IN ERROR. No hurricane comes to {place}. You do not need to do anything.',
      allClear:
        '{sender}: ALL CLEAR. The hurricane has left {place}. Keep away from wires and high water.',
    },
    es: {
      sms: '{sender}: HURACÁN. Vientos fuertes e inundaciones llegan a {place} ({arrival}). Prepare ya agua, comida y medicinas. Salga si le dicen que salga.',
      headline: 'Un huracán llega a {place}',
      description:
        'Un huracán llega a {place} ({arrival}). Espere vientos fuertes, inundaciones y días sin luz.',
      instruction:
        'Prepare agua, comida y medicinas para tres días. Cargue su teléfono. Meta en casa lo que pueda volar. Aléjese de las ventanas mientras hay viento. Si el viento se detiene de golpe puede ser el ojo: quédese adentro. Salga de inmediato si le dicen que salga.',
      cancel:
        '{sender}: ENVIADO POR ERROR. No viene un huracán a {place}. No tiene que hacer nada.',
      allClear:
        '{sender}: FIN DE LA ALERTA. El huracán se fue de {place}. No toque cables ni el agua.',
    },
  },
  {
    key: 'extreme-heat',
    name: 'Extreme heat',
    description: 'Heat that can kill, over a day or more.',
    blanks: [
      PLACE,
      UNTIL_DATE,
      {
        name: 'degrees',
        type: 'number',
        label: 'How hot it will be, in Fahrenheit',
        min: 80,
        max: 140,
      },
    ],
    category: ['Met', 'Health'],
    event: 'Extreme Heat Warning',
    responseType: ['Avoid', 'Monitor'],
    urgency: 'Expected',
    severity: 'Severe',
    certainty: 'Likely',
    durationMinutes: 2 * 24 * 60,
    en: {
      sms: '{sender}: EXTREME HEAT in {place}, up to {degrees} F, until {until}. Stay cool inside, drink water, check on neighbors. Dizzy or confused? Call 911.',
      headline: 'Extreme heat in {place}',
      description: 'It will be up to {degrees} F in {place}. Such heat can kill.',
      instruction:
        'Stay in a cool place and drink water often, before you are thirsty. If you work outside, rest often. Never leave a child or a pet in a car. Check on old and sick neighbors. Call 911 for anyone who is dizzy, confused or does not sweat.',
      cancel:
        '{sender}: SENT IN ERROR. There is no warning of heat for {place}. You do not need to do anything.',
      allClear: '{sender}: ALL CLEAR. The warning of extreme heat for {place} is over.',
    },
    es: {
      sms: '{sender}: CALOR EXTREMO en {place}, {degrees} F (hasta: {until}). Quédese en un lugar fresco, beba agua, visite a sus vecinos. Si se marea, llame al 911.',
      headline: 'Calor extremo en {place}',
      description: 'Hará hasta {degrees} F en {place}. Un calor así puede matar.',
      instruction:
        'Quédese en un lugar fresco y beba agua a menudo, aunque no tenga sed. Descanse si trabaja afuera. Nunca deje a un niño ni a un animal en el carro. Visite a sus vecinos mayores o enfermos. Si alguien se marea, se confunde o no suda, llame al 911.',
      cancel:
        '{sender}: ENVIADO POR ERROR. No hay alerta de calor en {place}. No tiene que hacer nada.',
      allClear: '{sender}: FIN DE LA ALERTA de calor extremo en {place}.',
    },
  },
  {
    key: 'winter-storm',
    name: 'Winter storm',
    description: 'Snow, ice or deep cold that stops the roads.',
    blanks: [PLACE, UNTIL_DATE],
    category: ['Met'],
    event: 'Winter Storm Warning',
    eventCode: [{ valueName: 'SAME', value: 'WSW' }],
    responseType: ['Shelter', 'Avoid'],
    urgency: 'Expected',
    severity: 'Severe',
    certainty: 'Likely',
    replies: SAFE_OR_HELP,
    durationMinutes: 24 * 60,
    en: {
      sms: '{sender}: WINTER STORM in {place} until {until}. Snow and ice. Stay inside and keep warm. Do not drive. Never run a generator or a grill inside. Reply 1 SAFE, 2 NEED HELP.',
      headline: 'Winter storm in {place}',
      description: 'Snow, ice and cold come to {place}. Roads will be dangerous; power may go out.',
      instruction:
        'Stay inside and keep warm. Do not drive. Have food, water, medicine and light. Never run a generator, a grill or a camp stove inside: the gas kills. Let a tap drip so that pipes do not freeze.',
      cancel:
        '{sender}: SENT IN ERROR. There is no winter storm in {place}. You do not need to do anything.',
      allClear:
        '{sender}: ALL CLEAR. The winter storm in {place} is over. Roads may still have ice.',
    },
    es: {
      sms: '{sender}: TORMENTA INVERNAL en {place} (hasta: {until}). Nieve y hielo. Quédese adentro. No maneje. No use parrilla ni generador adentro. Responda 1 BIEN, 2 NECESITO AYUDA.',
      headline: 'Tormenta invernal en {place}',
      description:
        'Llegan nieve, hielo y frío a {place}. Los caminos serán peligrosos y puede irse la luz.',
      instruction:
        'Quédese adentro y abríguese. No maneje. Tenga comida, agua, medicinas y una linterna. Nunca use un generador, una parrilla o una estufa de campamento adentro: el gas mata. Deje gotear un grifo para que no se congelen los tubos.',
      cancel:
        '{sender}: ENVIADO POR ERROR. No hay una tormenta invernal en {place}. No tiene que hacer nada.',
      allClear:
        '{sender}: FIN DE LA ALERTA. La tormenta en {place} ha terminado. Puede haber hielo en los caminos.',
    },
  },
]
