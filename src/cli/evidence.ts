import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { checkEvidence } from '../reports/evidence-check.ts'
import { openEvidence } from '../signing/evidence.ts'

/** Prints a line a finding; the exit code is 1 where one of them is bad. */
export async function checkEvidenceFile(
  path: string,
  { fingerprint, deliveries }: { fingerprint?: string; deliveries?: string },
): Promise<void> {
  const { payload, fingerprint: found } = await openEvidence(await readFile(path, 'utf8'))
  const wanted = fingerprint?.replaceAll(':', '').toLowerCase()
  const isKnown = wanted === undefined || wanted === found
  const signer = `signed with the certificate ${found}`
  const findings = [
    { isGood: isKnown, what: isKnown ? signer : `${signer}, which is NOT the one that you know` },
    ...(await checkEvidence(payload, deliveries && (await digestOf(deliveries)))),
  ]
  for (const { isGood, what } of findings) process.stdout.write(`${isGood ? '✓' : '✗'} ${what}\n`)
  if (findings.some(({ isGood }) => !isGood)) process.exitCode = 1
}

async function digestOf(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const piece of createReadStream(path)) hash.update(piece as Buffer)
  return hash.digest('hex')
}
