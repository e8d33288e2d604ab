import type { Words } from '../../lib/i18n.ts'

export const map: Words['map'] = {
  loading: 'Cargando el mapa…',
  zoomIn: 'Acercar',
  zoomOut: 'Alejar',
  sources: 'US Census · Natural Earth · GeoNames',
  noStreets: 'No se puede dibujar el archivo de calles de esta instalación',
  areas: 'Zonas',
  ofGroup: 'de un grupo',
  noWebGl:
    'Este navegador no dibuja mapas; los contornos no se mueven. La lista tiene todo lo que tiene el mapa.',
}
