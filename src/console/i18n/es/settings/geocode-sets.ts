import type { SettingsWords } from '../../settings.ts'

export const geocodeSets: SettingsWords['geocodeSets'] = {
  title: 'Códigos de zona',
  intro:
    'Formas por código, de un archivo GeoJSON: distritos, zonas, regiones de otras redes. Las alertas, los grupos y las jurisdicciones nombran los códigos como zonas. Los condados y estados de Estados Unidos ya se conocen.',
  add: 'Cargar un conjunto',
  none: 'No hay ningún conjunto cargado.',
  name: 'Nombre del conjunto',
  nameHint:
    'Como lo nombran las zonas, p. ej. EMMA_ID: una letra, luego letras, cifras, puntos, dos puntos y guiones.',
  description: 'De dónde viene y de cuándo es',
  codes: 'Códigos',
  corners: 'Vértices',
  version: 'Versión',
  loaded: 'Cargado',
  file: 'Archivo GeoJSON, hasta 256 MiB',
  fileMissing: 'Elija un archivo.',
  code: 'Propiedad que contiene el código',
  label: 'Propiedad que contiene un nombre legible',
  radius: 'Kilómetros alrededor de cada punto',
  radiusHint: 'Solo si los elementos son puntos.',
  load: 'Cargarlo',
  loading: share => `Ha salido el ${share} de este equipo`,
  checking: 'El servidor comprueba cada forma…',
  loadedWith: n => (n === '1' ? 'Se cargó 1 código.' : `Se cargaron ${n} códigos.`),
  cleaned: 'Se quitó de sus dibujos: puntas y posiciones repetidas.',
  replace: 'Cargar una versión nueva',
  replaceText:
    'Las alertas firmadas para la versión anterior lo notan y no se envían tal como están.',
  remove: 'Quitar el conjunto',
  removeText: 'Solo si no lo nombra ninguna alerta abierta, grupo ni jurisdicción.',
  removeQuestion: name => `¿Quitar ${name} con todos sus códigos?`,
  codeHead: 'Código',
  codeName: 'Nombre',
  noCodes: 'No tiene códigos.',
}
