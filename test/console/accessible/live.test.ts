import { everyScreenIsAccessible } from '../../support/accessible.ts'

everyScreenIsAccessible('live')
