import { z } from 'zod'

const port = z.coerce.number().int().min(0).max(65_535)

const environment = z.object({
  DATABASE_URL: z
    .string()
    .regex(/^postgres(ql)?:\/\//, 'must be a postgres:// URL')
    .optional(),
  PORT: port.default(8080),
  HOST: z.string().min(1).default('127.0.0.1'),
  TOCSIN_DATA_DIR: z.string().min(1).default('./data'),
  TOCSIN_ROLE: z.enum(['all', 'api', 'dispatch']).default('all'),
  TOCSIN_ADMIN_EMAIL: z.email().optional(),
  TOCSIN_ADMIN_PASSWORD: z.string().min(12).optional(),
  TOCSIN_PUBLIC_URL: z.url().optional(),
  TOCSIN_TRUSTED_PROXIES: z.string().default(''),
  TOCSIN_ALLOW_PRIVATE_HOSTS: z.string().default(''),
  TOCSIN_MASTER_KEY: z.string().optional(),
})

/** The service's configuration, from the environment (API.md, "Configuration"). */
export interface Config {
  /** Unset: an embedded PostgreSQL is started in the data directory. */
  readonly databaseUrl: string | undefined
  readonly port: number
  readonly host: string
  readonly dataDirectory: string
  readonly role: 'all' | 'api' | 'dispatch'
  readonly adminEmail: string | undefined
  readonly adminPassword: string | undefined
  /** Issuer of tokens and base of links, without a slash at its end. */
  readonly publicUrl: string
  readonly trustedProxies: readonly string[]
  /**
   * Hosts that HTTP gateways and subscribers may have though they are private, or speak http, or another port
   * than 443: names and addresses, IPv6 without brackets.
   */
  readonly privateHosts: readonly string[]
  /** Base64url of 32 bytes; unset: generated in the data directory. */
  readonly masterKey: string | undefined
}

/** @throws Error naming every variable that is wrong, one a line; never their values */
export function readConfig(env: NodeJS.ProcessEnv): Config {
  // An empty variable is an unset one, as compose files and systemd units leave them.
  const set = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''))
  const parsed = environment.safeParse(set)
  if (!parsed.success) {
    const lines = parsed.error.issues.map(issue => `  ${issue.path.join('.')}: ${issue.message}`)
    throw new Error(`The configuration is not usable:\n${lines.join('\n')}`)
  }
  const read = parsed.data
  return {
    databaseUrl: read.DATABASE_URL,
    port: read.PORT,
    host: read.HOST,
    dataDirectory: read.TOCSIN_DATA_DIR,
    role: read.TOCSIN_ROLE,
    adminEmail: read.TOCSIN_ADMIN_EMAIL,
    adminPassword: read.TOCSIN_ADMIN_PASSWORD,
    publicUrl: (read.TOCSIN_PUBLIC_URL ?? `http://localhost:${read.PORT}`).replace(/\/+$/, ''),
    trustedProxies: listOf(read.TOCSIN_TRUSTED_PROXIES),
    privateHosts: listOf(read.TOCSIN_ALLOW_PRIVATE_HOSTS.toLowerCase()),
    masterKey: read.TOCSIN_MASTER_KEY,
  }
}

function listOf(value: string): string[] {
  return value
    .split(',')
    .map(item => item.trim())
    .filter(item => item !== '')
}
