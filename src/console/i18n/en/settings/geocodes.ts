export const geocodes = {
  search: 'Find a county or a state',
  example: 'Harris, Texas',
  found: (n: number) => (n === 0 ? 'Nothing found' : n === 1 ? '1 found' : `${n} found`),
  other: 'Other codes: SAME, UGC, or a set that was loaded',
  valueName: 'Kind of code',
  value: 'Code',
  file: 'GeoJSON file',
  notGeoJson: 'There is no polygon in this. It must be GeoJSON.',
  outline: (corners: number) => `An outline with ${corners} corners`,
}
