/** Counties to be picked by a click. */
import type { GeoJSONSource, Map as MapLibre, MapLayerMouseEvent } from 'maplibre-gl'
import { loadGround } from './ground.ts'

export interface PickedCounty {
  readonly fips: string
  /** `Harris, Texas`, as the list has it. */
  readonly name: string
}

const LAYER = 'county-shapes'

/** @returns what ends it */
export function pickCounties(map: MapLibre, onPick: (county: PickedCounty) => void): () => void {
  let isOver = false
  const put = (data: GeoJSON.FeatureCollection) => {
    void map.getSource<GeoJSONSource>(LAYER)?.setData(data)
  }
  void loadGround().then(
    ({ countyShapes }) => isOver || put(countyShapes()),
    // The list beside the map has them all.
    () => undefined,
  )
  const clicked = ({ features }: MapLayerMouseEvent) => {
    const { fips, name, state } = features?.[0]?.properties ?? {}
    if (typeof fips === 'string') onPick({ fips, name: `${name}, ${state}` })
  }
  map.on('click', LAYER, clicked)
  map.getCanvas().style.cursor = 'pointer'
  return () => {
    isOver = true
    map.off('click', LAYER, clicked)
    // The map may have been closed before.
    if (map.getLayer(LAYER) === undefined) return
    map.getCanvas().style.cursor = ''
    put({ type: 'FeatureCollection', features: [] })
  }
}
