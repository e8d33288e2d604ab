import { ENGLISH, PLACE, ROAD, SAFE_OR_HELP, SPANISH, type Starter, UNTIL } from './starter.ts'

export const FIRE_AND_EARTH: readonly Starter[] = [
  {
    key: 'wildfire',
    name: 'Wildfire',
    description: 'A fire comes near homes; people must leave.',
    blanks: [PLACE, ROAD],
    category: ['Fire'],
    event: 'Wildfire Warning',
    eventCode: [{ valueName: 'SAME', value: 'FRW' }],
    responseType: ['Evacuate'],
    urgency: 'Immediate',
    severity: 'Extreme',
    certainty: 'Observed',
    replies: SAFE_OR_HELP,
    durationMinutes: 6 * 60,
    en: {
      sms: '{sender}: WILDFIRE near {place}. Leave NOW by {road}. Take people and pets, nothing else. Do not wait to see the fire. Reply 1 SAFE, 2 NEED HELP.',
      headline: 'Wildfire near {place}: leave now',
      description: 'A wildfire is coming near {place}. It can move faster than you can run.',
      instruction:
        'Leave now by {road}. Take people and pets, and your medicine if it is at hand. Close windows and doors; do not lock them. Turn on your headlights. If you are trapped, stay in the car or in a building, away from plants, and call 911.',
      cancel:
        '{sender}: SENT IN ERROR. There is no wildfire near {place}. You do not need to leave.',
      allClear:
        '{sender}: ALL CLEAR. The wildfire near {place} is under control. You may go back by {road}.',
    },
    es: {
      sms: '{sender}: INCENDIO FORESTAL cerca de {place}. Salga YA por {road}. Lleve solo a su familia y sus mascotas. No espere a ver el fuego. Responda 1 BIEN, 2 NECESITO AYUDA.',
      headline: 'Incendio forestal cerca de {place}: salga ahora',
      description:
        'Un incendio forestal se acerca a {place}. Puede avanzar más rápido de lo que usted corre.',
      instruction:
        'Salga ahora por {road}. Lleve a su familia y sus mascotas, y sus medicinas si las tiene a mano. Cierre puertas y ventanas, sin llave. Encienda las luces del carro. Si queda atrapado, quédese en el carro o en un edificio, lejos de las plantas, y llame al 911.',
      cancel:
        '{sender}: ENVIADO POR ERROR. No hay un incendio forestal cerca de {place}. No tiene que salir.',
      allClear:
        '{sender}: FIN DE LA ALERTA. El incendio cerca de {place} ya no es un peligro. Puede regresar por {road}.',
    },
  },
  {
    key: 'earthquake',
    name: 'Earthquake',
    description: 'After a strong earthquake: more may follow.',
    blanks: [PLACE],
    category: ['Geo'],
    event: 'Earthquake',
    eventCode: [{ valueName: 'SAME', value: 'EQW' }],
    responseType: ['Execute', 'Monitor'],
    urgency: 'Immediate',
    severity: 'Severe',
    certainty: 'Observed',
    replies: SAFE_OR_HELP,
    durationMinutes: 12 * 60,
    en: {
      sms: '{sender}: EARTHQUAKE in {place}. It may shake again: drop, cover, hold on. Leave damaged buildings now. If you smell gas, get out and call 911. Reply 1 SAFE, 2 NEED HELP.',
      headline: 'Earthquake in {place}',
      description: 'A strong earthquake shook {place}. It may shake again for days.',
      instruction:
        'When it shakes, drop, get under a table, and hold on. Leave damaged buildings. If you smell gas, leave and call 911 from outside. At the coast, walk to high ground. Use your phone for texts only.',
      cancel:
        '{sender}: SENT IN ERROR. There was no strong earthquake in {place}. You do not need to do anything.',
      allClear:
        '{sender}: ALL CLEAR. The danger after the earthquake in {place} is over. Stay out of damaged buildings.',
    },
    es: {
      sms: '{sender}: TERREMOTO en {place}. Puede temblar de nuevo: métase debajo de una mesa. Salga YA de edificios con daños. Si huele gas, salga y llame al 911. Responda 1 BIEN, 2 NECESITO AYUDA.',
      headline: 'Terremoto en {place}',
      description: 'Un terremoto fuerte sacudió {place}. Puede temblar de nuevo durante días.',
      instruction:
        'Cuando tiemble, agáchese, métase debajo de una mesa y agárrese. Salga de los edificios con daños. Si huele gas, salga y llame al 911 desde afuera. En la costa, camine a un lugar alto. Use el teléfono solo para mensajes.',
      cancel:
        '{sender}: ENVIADO POR ERROR. No hubo un terremoto fuerte en {place}. No tiene que hacer nada.',
      allClear:
        '{sender}: FIN DE LA ALERTA. Ya no hay peligro por el terremoto en {place}. No entre en edificios con daños.',
    },
  },
  {
    key: 'chemical-release',
    name: 'Chemical release',
    description: 'Something dangerous is in the air: people must go inside and close up.',
    blanks: [
      {
        name: 'substance',
        type: 'choice',
        label: 'What is in the air',
        choices: [
          {
            code: 'gas',
            texts: [
              { language: ENGLISH, text: 'DANGEROUS GAS' },
              { language: SPANISH, text: 'GAS PELIGROSO' },
            ],
          },
          {
            code: 'chlorine',
            texts: [
              { language: ENGLISH, text: 'CHLORINE GAS' },
              { language: SPANISH, text: 'GAS CLORO' },
            ],
          },
          {
            code: 'ammonia',
            texts: [
              { language: ENGLISH, text: 'AMMONIA GAS' },
              { language: SPANISH, text: 'GAS AMONIACO' },
            ],
          },
          {
            code: 'smoke',
            texts: [
              { language: ENGLISH, text: 'TOXIC SMOKE' },
              { language: SPANISH, text: 'HUMO VENENOSO' },
            ],
          },
        ],
        default: 'gas',
      },
      PLACE,
      UNTIL,
    ],
    category: ['CBRNE', 'Safety'],
    event: 'Hazardous Materials Warning',
    eventCode: [{ valueName: 'SAME', value: 'HMW' }],
    responseType: ['Shelter'],
    urgency: 'Immediate',
    severity: 'Extreme',
    certainty: 'Observed',
    replies: SAFE_OR_HELP,
    durationMinutes: 4 * 60,
    en: {
      sms: '{sender}: {substance} in the air at {place} until {until}. Go inside NOW. Shut doors and windows, turn off fans and air. Do not go near. Reply 1 SAFE, 2 NEED HELP.',
      headline: '{substance} in the air at {place}',
      description: 'There is {substance} in the air at {place}. Breathing it can kill.',
      instruction:
        'Go inside now. Shut doors and windows. Turn off fans, heat and air conditioning. Put wet towels under doors. If you are outside and smell it, walk across the wind, cover nose and mouth. Call 911 for anyone who cannot breathe well.',
      cancel:
        '{sender}: SENT IN ERROR. There is no {substance} at {place}. You do not need to do anything.',
      allClear:
        '{sender}: ALL CLEAR. The air at {place} is safe: no {substance}. Open windows and doors.',
    },
    es: {
      sms: '{sender}: {substance} en el aire en {place} (hasta: {until}). Entre YA en un edificio. Cierre puertas y ventanas, apague el aire. No se acerque. Responda 1 BIEN, 2 NECESITO AYUDA.',
      headline: '{substance} en el aire en {place}',
      description: 'Hay {substance} en el aire en {place}. Respirarlo puede matar.',
      instruction:
        'Entre ahora en un edificio. Cierre puertas y ventanas. Apague ventiladores, calefacción y aire acondicionado. Ponga toallas mojadas bajo las puertas. Si está afuera y lo huele, camine de lado al viento y cúbrase la nariz y la boca. Si alguien no puede respirar bien, llame al 911.',
      cancel:
        '{sender}: ENVIADO POR ERROR. No hay {substance} en {place}. No tiene que hacer nada.',
      allClear:
        '{sender}: FIN DE LA ALERTA. Ya no hay {substance} en {place}. Abra puertas y ventanas.',
    },
  },
  {
    key: 'power-outage',
    name: 'Power outage',
    description: 'Power is out for long, or for many.',
    blanks: [PLACE, { ...UNTIL, label: 'Until when power will be out, about' }],
    category: ['Infra'],
    event: 'Power Outage',
    responseType: ['Prepare'],
    urgency: 'Immediate',
    severity: 'Moderate',
    certainty: 'Observed',
    replies: SAFE_OR_HELP,
    durationMinutes: 12 * 60,
    en: {
      sms: '{sender}: POWER OUTAGE in {place} until about {until}. Never run a generator or a grill inside. Stop at dark traffic lights. Call 911 only to save a life. Reply 1 SAFE, 2 NEED HELP.',
      headline: 'Power outage in {place}',
      description: 'Power is out in {place}. We expect it back at about {until}.',
      instruction:
        'Never run a generator, a grill or a camp stove inside: the gas kills. Stop at dark traffic lights. Turn off what was on, and keep the refrigerator shut. Check on neighbors who need power for their health. Never touch a fallen wire.',
      cancel:
        '{sender}: SENT IN ERROR. There is no large power outage in {place}. You do not need to do anything.',
      allClear: '{sender}: ALL CLEAR. Power is back in {place}. Turn things on one by one.',
    },
    es: {
      sms: '{sender}: SIN LUZ en {place} (hasta: {until}). No use generador ni parrilla adentro. Pare en los cruces sin luz. Llame al 911 solo para salvar una vida. Responda 1 BIEN, 2 NECESITO AYUDA.',
      headline: 'Corte de luz en {place}',
      description: 'No hay luz en {place}. Esperamos que vuelva a esta hora: {until}',
      instruction:
        'Nunca use un generador, una parrilla o una estufa de campamento adentro: el gas mata. Pare en los cruces sin luz. Apague lo que estaba encendido y no abra el refrigerador. Visite a los vecinos que necesitan electricidad para su salud. Nunca toque un cable caído.',
      cancel:
        '{sender}: ENVIADO POR ERROR. No hay un gran corte de luz en {place}. No tiene que hacer nada.',
      allClear:
        '{sender}: FIN DE LA ALERTA. La luz ha vuelto a {place}. Encienda los aparatos uno por uno.',
    },
  },
]
