import { newHttpSchema, withGatewayPreset } from '../../src/accounts/settings/http.ts'

/** A gateway's description as an account keeps it. */
export const describedAs = (given: object) => withGatewayPreset(newHttpSchema.parse(given))
