/** The files that a command is given; what is wrong with one says which. */
import { readFile } from 'node:fs/promises'
import { AppError, isAppError } from '../errors.ts'
import { type PrivateJwk, readKeyFile } from '../signing/keys.ts'

export async function readJson(path: string): Promise<unknown> {
  const text = await readFile(path, 'utf8')
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new Error(`${path} is no JSON: ${(cause as SyntaxError).message}`, { cause })
  }
}

/** A private key that keygen made. @throws AppError `invalid_key` */
export async function readKey(path: string): Promise<PrivateJwk> {
  try {
    return await readKeyFile(path)
  } catch (cause) {
    if (!isAppError(cause)) throw cause
    const { faults } = cause
    throw new AppError('invalid_key', `${path} is no private key of keygen`, { faults, cause })
  }
}
