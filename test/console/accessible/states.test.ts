import { everyStateIsAccessible } from '../../support/accessible.ts'

everyStateIsAccessible()
