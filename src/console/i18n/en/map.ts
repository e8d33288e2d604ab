export const map = {
  loading: 'Loading the map…',
  zoomIn: 'Zoom in',
  zoomOut: 'Zoom out',
  sources: 'US Census · Natural Earth · GeoNames',
  noStreets: 'This installation’s archive of streets can’t be drawn',
  areas: 'Areas',
  ofGroup: 'of a group',
  noWebGl:
    'This browser draws no maps, so the outlines stand still. The list has all that the map has.',
}
