import {
  ENGLISH,
  PLACE,
  ROAD,
  SAFE_OR_HELP,
  SHELTER,
  SPANISH,
  type Starter,
  UNTIL,
} from './starter.ts'

const saying = (code: string, english: string, spanish: string) => ({
  code,
  texts: [
    { language: ENGLISH, text: english },
    { language: SPANISH, text: spanish },
  ],
})

const HAZARD = {
  name: 'hazard',
  type: 'choice' as const,
  label: 'What the danger is',
  choices: [
    saying('fire', 'fire', 'incendio'),
    saying('flood', 'flood', 'inundaciones'),
    saying('storm', 'storm', 'tormenta'),
    saying('gas', 'dangerous gas', 'gas peligroso'),
    saying('smoke', 'smoke', 'humo'),
    saying('explosion', 'danger of explosion', 'peligro de que algo explote'),
    saying('police', 'police action', 'operativo policial'),
  ],
}

export const PEOPLE: readonly Starter[] = [
  {
    key: 'evacuation',
    name: 'Evacuation',
    description: 'People must leave an area, by a road, to a shelter.',
    blanks: [PLACE, HAZARD, ROAD, SHELTER],
    category: ['Safety'],
    event: 'Evacuation Immediate',
    eventCode: [{ valueName: 'SAME', value: 'EVI' }],
    responseType: ['Evacuate'],
    urgency: 'Immediate',
    severity: 'Extreme',
    certainty: 'Likely',
    replies: SAFE_OR_HELP,
    durationMinutes: 12 * 60,
    en: {
      sms: '{sender}: EVACUATE {place} NOW: {hazard}. Leave by {road}. Shelter: {shelter}. Take people, pets and medicine. Reply 1 SAFE, 2 NEED HELP.',
      headline: 'Evacuate {place} now: {hazard}',
      description: 'Everyone must leave {place} now: {hazard}.',
      instruction:
        'Leave now by {road}. The shelter at {shelter} is open to all, with pets. Take people, pets, medicine, phone and papers. Take neighbors who have no car. If you cannot leave by yourself, answer 2 or call 911.',
      cancel: '{sender}: SENT IN ERROR. You do not need to leave {place}.',
      allClear: '{sender}: ALL CLEAR. The danger in {place} is over. You may go home.',
    },
    es: {
      sms: '{sender}: EVACUE {place} YA: {hazard}. Salga por {road}. Albergue: {shelter}. Lleve a su familia, mascotas y medicinas. Responda 1 BIEN, 2 NECESITO AYUDA.',
      headline: 'Evacue {place} ahora: {hazard}',
      description: 'Todos deben salir de {place} ahora: {hazard}.',
      instruction:
        'Salga ahora por {road}. El albergue en {shelter} está abierto para todos, con mascotas. Lleve a su familia, mascotas, medicinas, teléfono y documentos. Lleve a los vecinos que no tienen carro. Si no puede salir sin ayuda, responda 2 o llame al 911.',
      cancel: '{sender}: ENVIADO POR ERROR. No tiene que salir de {place}.',
      allClear: '{sender}: FIN DE LA ALERTA. Ya no hay peligro en {place}. Puede volver a casa.',
    },
  },
  {
    key: 'shelter',
    name: 'Shelter in place',
    description: 'People must stay inside where they are.',
    blanks: [PLACE, UNTIL, HAZARD],
    category: ['Safety'],
    event: 'Shelter in Place Warning',
    eventCode: [{ valueName: 'SAME', value: 'SPW' }],
    responseType: ['Shelter'],
    urgency: 'Immediate',
    severity: 'Severe',
    certainty: 'Observed',
    replies: SAFE_OR_HELP,
    durationMinutes: 3 * 60,
    en: {
      sms: '{sender}: STAY INSIDE in {place} until {until}: {hazard}. Go in NOW. Shut and lock doors and windows. Stay there until we tell you. Reply 1 SAFE, 2 NEED HELP.',
      headline: 'Stay inside in {place}: {hazard}',
      description: 'Stay inside in {place} until {until}: {hazard}.',
      instruction:
        'Go into the nearest building now. Shut and lock doors and windows and keep away from them. Do not go out to fetch anyone: schools keep children safe inside. Wait for our next message.',
      cancel: '{sender}: SENT IN ERROR. You do not need to stay inside in {place}.',
      allClear: '{sender}: ALL CLEAR. The danger in {place} is over. You may go out.',
    },
    es: {
      sms: '{sender}: QUÉDESE ADENTRO en {place} (hasta: {until}): {hazard}. Entre YA. Cierre con llave puertas y ventanas. Espere otro mensaje. Responda 1 BIEN, 2 NECESITO AYUDA.',
      headline: 'Quédese adentro en {place}: {hazard}',
      description: 'Quédese adentro en {place} (hasta: {until}): {hazard}.',
      instruction:
        'Entre ahora en el edificio más cercano. Cierre con llave puertas y ventanas y aléjese de ellas. No salga a buscar a nadie: las escuelas cuidan adentro a los niños. Espere nuestro próximo mensaje.',
      cancel: '{sender}: ENVIADO POR ERROR. No tiene que quedarse adentro en {place}.',
      allClear: '{sender}: FIN DE LA ALERTA. Ya no hay peligro en {place}. Puede salir.',
    },
  },
  {
    key: 'active-threat',
    name: 'Active threat',
    description: 'Somebody is attacking people right now.',
    blanks: [PLACE],
    category: ['Security'],
    event: 'Active Threat',
    eventCode: [{ valueName: 'SAME', value: 'LEW' }],
    responseType: ['Shelter', 'Avoid'],
    urgency: 'Immediate',
    severity: 'Extreme',
    certainty: 'Observed',
    replies: SAFE_OR_HELP,
    durationMinutes: 2 * 60,
    en: {
      sms: '{sender}: ATTACKER at {place} NOW. Stay away. If you are there: run. If you cannot, hide, lock the door, mute your phone. Reply 1 SAFE, 2 NEED HELP.',
      headline: 'Attacker at {place}: stay away',
      description: 'Somebody is attacking people at {place}. Police are there or on their way.',
      instruction:
        'Stay away. If you are there: run if you can, and leave your things. If you cannot, hide, lock and block the door, turn off lights and mute your phone. Fight only if you have no other way. Call 911 when it is safe. Show police empty hands.',
      cancel:
        '{sender}: SENT IN ERROR. There is no attacker at {place}. You do not need to do anything.',
      allClear:
        '{sender}: ALL CLEAR. The danger at {place} is over. Do what police there tell you.',
    },
    es: {
      sms: '{sender}: ATAQUE ARMADO en {place} AHORA. No se acerque. Si se encuentra en el lugar: huya. Si no puede, enciérrese y silencie su teléfono. Responda 1 BIEN, 2 NECESITO AYUDA.',
      headline: 'Ataque armado en {place}: no se acerque',
      description:
        'Alguien ataca a la gente en {place}. La policía ya está en el lugar o en camino.',
      instruction:
        'No se acerque. Si se encuentra en el lugar: huya si puede y deje sus cosas. Si no puede, enciérrese, bloquee la puerta, apague las luces y silencie su teléfono. Defiéndase solo si no hay otra salida. Llame al 911 cuando no corra peligro. Muestre a la policía las manos vacías.',
      cancel: '{sender}: ENVIADO POR ERROR. No hay un ataque en {place}. No tiene que hacer nada.',
      allClear:
        '{sender}: FIN DE LA ALERTA. Ya no hay peligro en {place}. Siga las indicaciones de los agentes.',
    },
  },
  {
    key: 'missing-person',
    name: 'Missing person',
    description: 'Somebody in danger is looked for.',
    blanks: [
      { name: 'person', type: 'name', label: 'Name of the missing person' },
      {
        name: 'who',
        type: 'choice',
        label: 'Who it is',
        choices: [
          saying('boy', 'boy', 'niño'),
          saying('girl', 'girl', 'niña'),
          saying('man', 'man', 'hombre'),
          saying('woman', 'woman', 'mujer'),
        ],
      },
      { name: 'age', type: 'number', label: 'Age in years', min: 2, max: 120 },
      { ...PLACE, label: 'Where the person was last seen' },
      { name: 'seen', type: 'time', show: 'date', label: 'When the person was last seen' },
    ],
    category: ['Rescue'],
    event: 'Missing Endangered Person',
    eventCode: [{ valueName: 'SAME', value: 'MEP' }],
    responseType: ['Monitor'],
    urgency: 'Immediate',
    severity: 'Severe',
    certainty: 'Observed',
    durationMinutes: 24 * 60,
    en: {
      sms: '{sender}: MISSING: {person}, {who}, age {age}. Last seen at {place} on {seen}. If you see this person, stay near and call 911 now.',
      headline: 'Missing: {person}, {who}, age {age}',
      description: '{person}, {who}, age {age}, was last seen at {place} on {seen}.',
      instruction:
        'If you see this person, stay near, do not frighten them, and call 911. Look in your yard, shed and car. Say what you have seen only to the police.',
      cancel: '{sender}: SENT IN ERROR. {person} is not missing. You do not need to do anything.',
      allClear: '{sender}: ALL CLEAR. {person} was found. Thank you for your help.',
    },
    es: {
      sms: '{sender}: SE BUSCA a {person}, {who}, edad {age}. Se le vio en {place} ({seen}). Si ve a esta persona, quédese cerca y llame al 911 de inmediato.',
      headline: 'Se busca a {person}, {who}, edad {age}',
      description:
        'Se busca a {person}, {who}, edad {age}. Se le vio por última vez en {place} ({seen}).',
      instruction:
        'Si ve a esta persona, quédese cerca, no la asuste y llame al 911. Busque en su patio, su cobertizo y su carro. Cuente lo que ha visto solo a la policía.',
      cancel: '{sender}: ENVIADO POR ERROR. No se busca a {person}. No tiene que hacer nada.',
      allClear:
        '{sender}: FIN DE LA ALERTA. La persona que se buscaba, {person}, fue encontrada. Gracias por su ayuda.',
    },
  },
  {
    key: 'all-clear',
    name: 'All clear',
    description: 'A danger is over for which no all-clear was prepared.',
    blanks: [PLACE, HAZARD],
    category: ['Safety'],
    event: 'All Clear',
    responseType: ['AllClear'],
    urgency: 'Past',
    severity: 'Minor',
    certainty: 'Observed',
    durationMinutes: 12 * 60,
    en: {
      sms: '{sender}: ALL CLEAR in {place}. The danger is over ({hazard}). You may go out and go home now.',
      headline: 'All clear in {place}',
      description: 'The danger in {place} is over ({hazard}).',
      instruction: 'You may go out and go home. Check on your neighbors.',
      cancel:
        '{sender}: SENT IN ERROR. The danger in {place} is NOT over. Do what the last alert told you.',
      allClear: '{sender}: The danger in {place} is over. It is all clear.',
    },
    es: {
      sms: '{sender}: FIN DE LA ALERTA en {place}. Ya no hay peligro ({hazard}). Puede salir y volver a casa ahora.',
      headline: 'Fin de la alerta en {place}',
      description: 'Ya no hay peligro en {place} ({hazard}).',
      instruction: 'Puede salir y volver a casa. Visite a sus vecinos.',
      cancel:
        '{sender}: ENVIADO POR ERROR. El peligro en {place} NO ha terminado. Siga lo que dice la alerta anterior.',
      allClear: '{sender}: Ya no hay peligro en {place}. Es el fin de la alerta.',
    },
  },
  {
    key: 'test',
    name: 'Test message',
    description: 'Whether messages arrive and are understood: to a roster, with the status Test.',
    blanks: [PLACE, { name: 'at', type: 'time', label: 'When the test is made' }],
    category: ['Other'],
    event: 'Test Message',
    responseType: ['None'],
    urgency: 'Unknown',
    severity: 'Minor',
    certainty: 'Unknown',
    replies: {
      options: [{ code: '1', label: 'Received', words: ['received', 'ok', 'got it', 'recibido'] }],
    },
    durationMinutes: 4 * 60,
    en: {
      sms: '{sender}: This is a test of our alerts in {place} at {at}. There is no danger. You do not need to do anything. Reply 1 if you got this.',
      headline: 'A test of our alerts in {place}',
      description: 'This is a test of our alerts in {place} at {at}. There is no danger.',
      instruction: 'You do not need to do anything. Reply 1 if you got the message.',
      cancel: '{sender}: The test message for {place} was sent in error. There is no danger.',
      allClear: '{sender}: The test in {place} is over. Thank you.',
    },
    es: {
      sms: '{sender}: Esta es una prueba de nuestras alertas en {place} ({at}). No hay peligro. No tiene que hacer nada. Responda 1 si le llega este mensaje.',
      headline: 'Una prueba de nuestras alertas en {place}',
      description: 'Esta es una prueba de nuestras alertas en {place} ({at}). No hay peligro.',
      instruction: 'No tiene que hacer nada. Responda 1 si le llega el mensaje.',
      cancel: '{sender}: El mensaje de prueba para {place} fue un error. No hay peligro.',
      allClear: '{sender}: La prueba en {place} ha terminado. Gracias.',
    },
  },
]
