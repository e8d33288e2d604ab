import { PLACE, SAFE_OR_HELP, type Starter, UNTIL, UNTIL_DATE } from './starter.ts'

export const WATER: readonly Starter[] = [
  {
    key: 'flood',
    name: 'Flood',
    description: 'A river or lake rises over hours; people have time to leave.',
    blanks: [PLACE, UNTIL_DATE],
    category: ['Met'],
    event: 'Flood Warning',
    eventCode: [{ valueName: 'SAME', value: 'FLW' }],
    responseType: ['Prepare', 'Avoid'],
    urgency: 'Expected',
    severity: 'Severe',
    certainty: 'Likely',
    replies: SAFE_OR_HELP,
    durationMinutes: 24 * 60,
    en: {
      sms: '{sender}: FLOOD in {place} until {until}. Water is rising. Go to high ground now. Do not walk or drive through water. Reply 1 SAFE, 2 NEED HELP.',
      headline: 'Flood in {place}',
      description: 'Water is rising in {place}. Low ground and roads near the water will flood.',
      instruction:
        'Go to high ground now. Take your medicine, your phone and your papers. Do not walk or drive through water: two feet of water can carry a car away. If water traps you, go up, not into a closed attic, and call 911.',
      cancel:
        '{sender}: SENT IN ERROR. There is no flood in {place}. You do not need to do anything.',
      allClear:
        '{sender}: ALL CLEAR. The flood in {place} is over. Stay away from the water and from fallen wires.',
    },
    es: {
      sms: '{sender}: INUNDACIONES en {place} (hasta: {until}). Sube el agua. Vaya a un lugar alto ya. No cruce el agua a pie ni en carro. Responda 1 BIEN, 2 NECESITO AYUDA.',
      headline: 'Inundaciones en {place}',
      description:
        'El agua sube en {place}. Se inundarán las zonas bajas y los caminos cerca del agua.',
      instruction:
        'Vaya a un lugar alto ahora. Lleve sus medicinas, su teléfono y sus documentos. No cruce el agua a pie ni en carro: medio metro de agua puede arrastrar un carro. Si el agua lo rodea, suba, pero no a un ático cerrado, y llame al 911.',
      cancel:
        '{sender}: ENVIADO POR ERROR. No hay inundaciones en {place}. No tiene que hacer nada.',
      allClear:
        '{sender}: FIN DE LA ALERTA. Ya no hay inundaciones en {place}. No toque el agua ni los cables.',
    },
  },
  {
    key: 'flash-flood',
    name: 'Flash flood',
    description: 'Water comes within minutes: a storm, a creek over its banks, a dam that breaks.',
    blanks: [PLACE, UNTIL],
    category: ['Met'],
    event: 'Flash Flood Warning',
    eventCode: [{ valueName: 'SAME', value: 'FFW' }],
    responseType: ['Evacuate'],
    urgency: 'Immediate',
    severity: 'Extreme',
    certainty: 'Observed',
    replies: SAFE_OR_HELP,
    durationMinutes: 6 * 60,
    en: {
      sms: '{sender}: FLASH FLOOD in {place} until {until}. Move to high ground NOW. Do not walk or drive through water. Reply 1 SAFE, 2 NEED HELP.',
      headline: 'Flash flood in {place}',
      description: 'Water is rising fast in {place}. It can come with no more warning.',
      instruction:
        'Move to high ground now, on foot if you can. Leave your car if water stops it. Do not walk or drive through water. If you are trapped, go up and call 911.',
      cancel:
        '{sender}: SENT IN ERROR. There is no flash flood in {place}. You do not need to do anything.',
      allClear:
        '{sender}: ALL CLEAR. The flash flood in {place} is over. Stay away from the water and from fallen wires.',
    },
    es: {
      sms: '{sender}: INUNDACIONES REPENTINAS en {place} (hasta: {until}). Suba a un lugar alto YA. No cruce el agua a pie ni en carro. Responda 1 BIEN, 2 NECESITO AYUDA.',
      headline: 'Inundaciones repentinas en {place}',
      description: 'El agua sube muy rápido en {place}. Puede llegar sin otro aviso.',
      instruction:
        'Suba a un lugar alto ahora, a pie si puede. Deje el carro si el agua lo detiene. No cruce el agua a pie ni en carro. Si queda atrapado, suba y llame al 911.',
      cancel:
        '{sender}: ENVIADO POR ERROR. No hay inundaciones repentinas en {place}. No tiene que hacer nada.',
      allClear:
        '{sender}: FIN DE LA ALERTA. Ya no hay inundaciones en {place}. No toque el agua ni los cables.',
    },
  },
  {
    key: 'tsunami',
    name: 'Tsunami',
    description: 'Waves are coming to the coast.',
    blanks: [
      { ...PLACE, label: 'Which coast' },
      { name: 'arrival', type: 'time', label: 'When the first wave comes' },
    ],
    category: ['Geo'],
    event: 'Tsunami Warning',
    eventCode: [{ valueName: 'SAME', value: 'TSW' }],
    responseType: ['Evacuate'],
    urgency: 'Immediate',
    severity: 'Extreme',
    certainty: 'Likely',
    replies: SAFE_OR_HELP,
    durationMinutes: 12 * 60,
    en: {
      sms: '{sender}: TSUNAMI. The first wave comes to {place} at {arrival}. Walk to high ground or inland NOW. Stay there: more waves will come. Reply 1 SAFE, 2 NEED HELP.',
      headline: 'Tsunami: first wave at {place} at {arrival}',
      description:
        'Dangerous waves are coming to {place}. The first wave may not be the largest. Waves can come for many hours.',
      instruction:
        'Leave the shore now. Go on foot to high ground, or inland. If you cannot, go to an upper floor of a strong building. Do not go to look at the waves. Do not go back until we send the all clear.',
      cancel:
        '{sender}: SENT IN ERROR. No tsunami is coming to {place}. You do not need to do anything.',
      allClear: '{sender}: ALL CLEAR. The tsunami danger at {place} is over. You may go back.',
    },
    es: {
      sms: '{sender}: TSUNAMI. La primera ola llega a {place} (hora: {arrival}). Camine a un lugar alto o lejos del mar YA. No regrese. Responda 1 BIEN, 2 NECESITO AYUDA.',
      headline: 'Tsunami: primera ola en {place}, {arrival}',
      description:
        'Olas peligrosas llegan a {place}. La primera ola puede no ser la más grande. Pueden llegar olas durante muchas horas.',
      instruction:
        'Aléjese de la costa ahora. Camine a un lugar alto o tierra adentro. Si no puede, suba a un piso alto de un edificio fuerte. No vaya a ver las olas. No regrese hasta que enviemos el fin de la alerta.',
      cancel:
        '{sender}: ENVIADO POR ERROR. No viene un tsunami a {place}. No tiene que hacer nada.',
      allClear:
        '{sender}: FIN DE LA ALERTA. Ya no hay peligro de tsunami en {place}. Puede regresar.',
    },
  },
  {
    key: 'boil-water',
    name: 'Boil water',
    description: 'Tap water may make people ill.',
    blanks: [PLACE, UNTIL_DATE],
    category: ['Health'],
    event: 'Boil Water Notice',
    responseType: ['Avoid'],
    urgency: 'Immediate',
    severity: 'Moderate',
    certainty: 'Likely',
    durationMinutes: 2 * 24 * 60,
    en: {
      sms: '{sender}: BOIL WATER in {place} until {until}. Tap water may make you ill. Boil it for 1 minute before you drink, cook, brush teeth or make ice. Bottled water is safe.',
      headline: 'Boil tap water in {place}',
      description: 'Tap water in {place} may hold germs that make people ill.',
      instruction:
        'Bring tap water to a full boil for 1 minute and let it cool before you drink it, cook, wash food, brush your teeth or make ice or baby formula. Throw away ice made before. You may shower if you do not swallow water.',
      cancel: '{sender}: SENT IN ERROR. Tap water in {place} is safe. You do not need to boil it.',
      allClear:
        '{sender}: ALL CLEAR. Tap water in {place} is safe. Run each tap for 5 minutes first.',
    },
    es: {
      sms: '{sender}: HIERVA EL AGUA en {place} (hasta: {until}). El agua del grifo puede enfermar. Hierva 1 minuto el agua para beber, cocinar, lavarse los dientes o hacer hielo.',
      headline: 'Hierva el agua del grifo en {place}',
      description: 'El agua del grifo en {place} puede tener microbios que enferman.',
      instruction:
        'Hierva el agua del grifo 1 minuto y deje que se enfríe antes de beberla, cocinar, lavar alimentos, lavarse los dientes o hacer hielo o fórmula para bebé. Tire el hielo hecho antes. Puede bañarse si no traga agua.',
      cancel: '{sender}: ENVIADO POR ERROR. El agua en {place} es segura. No tiene que hervirla.',
      allClear:
        '{sender}: FIN DE LA ALERTA. El agua en {place} es segura. Antes, deje correr cada grifo 5 minutos.',
    },
  },
]
