import type { SettingsWords } from '../../settings.ts'

export const geocodes: SettingsWords['geocodes'] = {
  search: 'Buscar un condado o un estado',
  example: 'Harris, Texas',
  found: n => (n === 0 ? 'No se encontró nada' : n === 1 ? '1 encontrado' : `${n} encontrados`),
  other: 'Otros códigos: SAME, UGC o un conjunto cargado',
  valueName: 'Tipo de código',
  value: 'Código',
  file: 'Archivo GeoJSON',
  notGeoJson: 'Aquí no hay ningún polígono. Debe ser GeoJSON.',
  outline: corners => `Un contorno con ${corners} vértices`,
}
