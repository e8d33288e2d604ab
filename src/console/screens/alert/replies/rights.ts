/** Who is shown what of requests for help: as the API has it (`http/help-requests.ts`), which decides. */
import { isIn } from '../../../lib/session.ts'

/** `GET /v1/alerts/{id}/requests` */
export const readsRequests = (): boolean => isIn('administrator', 'author', 'approver', 'viewer')

/** `POST /v1/requests/{id}/take` and the others */
export const worksOnRequests = (): boolean => isIn('author', 'approver')

/** `locations`: the places of contacts are for who may read contacts. */
export const seesPlaces = (): boolean => isIn('administrator', 'author', 'viewer')
