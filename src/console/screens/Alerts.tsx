import type { ScreenProps } from '../lib/place.ts'
import { lazy } from '../parts/lazy.tsx'

const Alert = lazy(async () => (await import('./Alert.tsx')).Alert)
const Compose = lazy(async () => (await import('./Compose.tsx')).Compose)
const Review = lazy(async () => (await import('./Review.tsx')).Review)

/** `alerts/<id>/<what>`: what is done with one alert. */
export function Alerts({ way }: ScreenProps) {
  switch (way[1]) {
    case 'edit':
      return <Compose way={way} />
    case 'review':
      return <Review way={way} />
    default:
      return <Alert way={way} />
  }
}
