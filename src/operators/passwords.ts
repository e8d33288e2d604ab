import { hash, verify } from '@node-rs/argon2'
import pLimit from 'p-limit'
import { AppError } from '../errors.ts'
import { type FaultWords, wordsOfFault } from '../faults.ts'

/**
 * argon2id at OWASP's floor (m = 19 MiB, t = 2, p = 1), about 15 ms of one core. Not more, for a sign-in
 * storm at 4 a.m. shares two cores with the API that people are watching; what a stolen hash can bear is
 * made up by twelve characters at least. The parameters travel in each hash, so raising them needs no migration.
 */
const PARAMETERS = { memoryCost: 19_456, timeCost: 2, parallelism: 1 }
const MIN_CHARACTERS = 12
/** Argon2 takes any length, but reading a megabyte of password is somebody else's work. */
export const MAX_PASSWORD_CHARACTERS = 1024

/** Two hashes at once leave the event loop its core and hold memory to 38 MiB. */
const hashing = pLimit(2)
/** A second of work: whoever comes after waits less by trying again. */
const MAX_WAITING = 150

/** @returns why a password is refused, said so that its owner can mend it; undefined if it is good */
export function passwordFault(password: string, email: string): FaultWords | undefined {
  const { length } = Array.from(password)
  if (length < MIN_CHARACTERS) {
    return wordsOfFault('password_too_short', { least: MIN_CHARACTERS })
  }
  if (length > MAX_PASSWORD_CHARACTERS) {
    return wordsOfFault('too_long', { most: MAX_PASSWORD_CHARACTERS })
  }
  const plain = password.normalize('NFKC').toLowerCase()
  if (plain === email || plain === (email.split('@')[0] ?? ''))
    return wordsOfFault('password_is_address')
  if (new Set(plain).size < 4) return wordsOfFault('password_too_plain')
  return undefined
}

export async function hashPassword(password: string): Promise<string> {
  return inTurn(() => hash(password.normalize('NFKC'), PARAMETERS))
}

let nobodysHash: Promise<string> | undefined

/** Takes the same time whether there is a hash to hold it against or not. */
export async function isPassword(
  password: string,
  passwordHash: string | null | undefined,
): Promise<boolean> {
  nobodysHash ??= hash('nobody has this password', PARAMETERS)
  const against = passwordHash ?? (await nobodysHash)
  const matches = await inTurn(() => verify(against, password.normalize('NFKC')))
  return matches && typeof passwordHash === 'string'
}

function inTurn<T>(work: () => Promise<T>): Promise<T> {
  if (hashing.pendingCount >= MAX_WAITING) {
    throw new AppError('too_many_requests', 'too many people sign in at once; try again', {
      retryAfterSeconds: 2,
    })
  }
  return hashing(work)
}
