/** `tocsin`: the command line. Everything but `serve` and `audit verify` speaks to the HTTP API. */
import { createReadStream } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { Command } from 'commander'
import { numbered } from '../alerts/numbered.ts'
import { readConfig } from '../config.ts'
import { isAppError } from '../errors.ts'
import { ALERT_ROLES, signAlert, verifyAlertJws, type AlertRole } from '../signing/jws.ts'
import {
  checkPublicJwk,
  generateSigningKey,
  type PrivateJwk,
  writeKeyFile,
} from '../signing/keys.ts'
import { ask, confirm } from './ask.ts'
import { verifyTrail } from './audit.ts'
import { checkEvidenceFile } from './evidence.ts'
import { signIn, type Client } from './client.ts'
import { draftUpdate, sendCorrection } from './correct.ts'
import { readJson, readKey } from './given-files.ts'
import { importContacts } from './import.ts'
import { sendDraft } from './send.ts'
import { startService } from './serve.ts'
import { simulate } from './simulate.ts'
import { stopOnSignals } from './signals.ts'
import { draftFromTemplate } from './templates.ts'
import { ENDED, watchAlert, type WatchedAlert } from './watch.ts'

interface Access {
  url: string
  email?: string
  password?: string
  exercise?: true
}

const program = new Command('tocsin')
  .description('Emergency broadcast alerting from a shell')
  .showHelpAfterError()

/** Adds the options by which a command signs in; a password is never an argument, for `ps` shows those. */
const withAccess = (command: Command) =>
  command
    .option('--url <url>', 'the service', process.env['TOCSIN_URL'] ?? 'http://localhost:8080')
    .option('--email <email>', 'who signs in (or TOCSIN_EMAIL)', process.env['TOCSIN_EMAIL'])
    .option('--exercise', 'sign in for exercises, not for live alerts')

async function open({ url, email, exercise }: Access): Promise<Client> {
  if (email === undefined) throw new Error('say who signs in: --email or TOCSIN_EMAIL')
  const password =
    process.env['TOCSIN_PASSWORD'] ??
    (await ask('Password: ', { echo: 'hidden', instead: 'TOCSIN_PASSWORD can hold it' }))
  return signIn({ url, email, password, mode: exercise === true ? 'exercise' : 'live' })
}

program
  .command('serve')
  .description('run the service (the same as npm start)')
  .action(async () => {
    stopOnSignals(await startService(readConfig(process.env)))
  })

program
  .command('keygen')
  .description('make a signing key; the public part, to be registered, is printed')
  .requiredOption('--out <file>', 'where the private key goes (0600, never overwritten)')
  .option('--p256', 'an ECDSA P-256 key instead of Ed25519')
  .action(async ({ out, p256 }: { out: string; p256?: true }) => {
    const key = await generateSigningKey(p256 === true ? 'P-256' : 'Ed25519')
    await writeKeyFile(out, key.privateJwk)
    print(JSON.stringify({ kid: key.kid, jwk: key.publicJwk }, null, 2))
  })

program
  .command('sign')
  .description('sign the content of an alert, a file as GET /v1/alerts/{id}/content gave it')
  .argument('<content>')
  .requiredOption('--key <file>', 'the private key that keygen made')
  .requiredOption('--role <role>', 'author, approver or breakGlass')
  .action(async (path: string, { key, role }: { key: string; role: string }) => {
    const bytes = await readFile(path)
    const jwk = await readKey(key)
    print(await signAlert(bytes, jwk, { role: asRole(role), form: 'detached' }))
  })

program
  .command('verify')
  .description('verify a signature over the content of an alert with a public key')
  .argument('<content>')
  .requiredOption('--signature <jws>', 'the compact JWS')
  .requiredOption('--jwk <file>', 'the public key, as JSON')
  .requiredOption('--role <role>', 'author, approver or breakGlass')
  .action(async (path: string, options: { signature: string; jwk: string; role: string }) => {
    const stored = JSON.parse(await readFile(options.jwk, 'utf8')) as { jwk?: unknown }
    const { jwk, kid } = await checkPublicJwk(stored.jwk ?? stored)
    await verifyAlertJws(options.signature, await readFile(path), {
      role: asRole(options.role),
      resolveKey: wanted => (wanted === kid ? { jwk } : undefined),
    })
    print(`good signature of the ${options.role}, key ${kid}`)
  })

withAccess(program.command('import'))
  .description('import contacts from a CSV file')
  .argument('<csv>')
  .option('--country <code>', 'for numbers in national form, e.g. US')
  .option('--replace', 'the file is the whole list: whoever is not in it is removed')
  .option('--confirm-remove <n>', 'how many may be removed, where it is over a tenth')
  .action(
    async (
      path: string,
      options: Access & { country?: string; replace?: true; confirmRemove?: string },
    ) => {
      const { size } = await stat(path)
      const client = await open(options)
      const csv = Readable.toWeb(createReadStream(path)) as ReadableStream<Uint8Array>
      const mode = options.replace === true ? 'replace' : 'upsert'
      const query = new URLSearchParams({ mode })
      if (options.country !== undefined) query.set('country', options.country)
      if (options.confirmRemove !== undefined) query.set('confirmRemove', options.confirmRemove)
      const ended = await importContacts(client, csv, query, line =>
        process.stderr.write(`${line}\n`),
      )
      print(JSON.stringify({ ...ended, bytes: size }, null, 2))
      if (ended.state !== 'completed') process.exitCode = 1
    },
  )

withAccess(program.command('send'))
  .description('compose, sign, ask, send: an alert from a JSON file as POST /v1/alerts takes it')
  .argument('<alert>')
  .requiredOption('--key <file>', "the author's private key")
  .option(
    '--template <template>',
    'by id or name: the file says what is filled in, as POST /v1/templates/{id}/draft takes it',
  )
  .option('--yes', 'do not ask before signing')
  .action(
    async (path: string, options: Access & { key: string; template?: string; yes?: true }) => {
      const [given, key] = [await readJson(path), await readKey(options.key)]
      const client = await open(options)
      const draft =
        options.template === undefined
          ? await client.post<WatchedAlert>('/v1/alerts', given)
          : await draftFromTemplate(client, options.template, given)
      await sendAndWatch(client, draft, { ...options, key })
    },
  )

withAccess(program.command('update'))
  .description(
    'send an Update of an alert: a JSON file as PATCH /v1/alerts/{id} takes it says what changes',
  )
  .argument('<id>')
  .argument('<changes>')
  .requiredOption('--key <file>', "the author's private key")
  .option('--yes', 'do not ask before signing')
  .action(async (id: string, path: string, options: Access & { key: string; yes?: true }) => {
    const [changes, key] = [await readJson(path), await readKey(options.key)]
    const client = await open(options)
    await sendAndWatch(client, await draftUpdate(client, id, changes), { ...options, key })
  })

for (const [which, what] of [
  ['cancel', 'take an alert back: its retraction goes to whoever may have got it'],
  ['all-clear', 'end an alert: its all-clear goes to whoever may have got it'],
] as const) {
  withAccess(program.command(which))
    .description(what)
    .argument('<id>')
    .requiredOption('--key <file>', 'the private key of an author or an approver')
    .option('--yes', 'do not ask before signing')
    .action(async (id: string, options: Access & { key: string; yes?: true }) => {
      const key = await readKey(options.key)
      const client = await open(options)
      if (!(await confirm(options, `Sign and send the ${which} of ${id}? [y/N] `))) {
        return notSent()
      }
      const { correctionId, left } = await sendCorrection(client, id, which, key)
      print(`${which} ${correctionId}, to ${numbered(left, 'recipient')}`)
      await watchUntilEnded(client, await client.get(`/v1/alerts/${correctionId}`))
    })
}

withAccess(program.command('watch'))
  .description('live progress and tally of an alert')
  .argument('<id>')
  .action(async (id: string, options: Access) => {
    const client = await open(options)
    await watchUntilEnded(client, await client.get<WatchedAlert>(`/v1/alerts/${id}`))
  })

program
  .command('simulate')
  .description('an SMPP message centre and phones that answer, for rehearsals and tests')
  .argument('[scenario]', 'a scenario file; without it one centre of 500 segments a second')
  .option('--port <port>', 'the first port', '2775')
  .action(simulate)

program
  .command('evidence')
  .description('check what GET /v1/alerts/{id}/evidence gave, without any server')
  .argument('<file>')
  .option('--fingerprint <sha256>', 'of the certificate that the organisation is known by, in hex')
  .option('--deliveries <csv>', 'the CSV report with phones in full, to be held against its digest')
  .action(checkEvidenceFile)

program
  .command('audit')
  .description('the audit trail')
  .command('verify')
  .description('recompute the chain of the database that DATABASE_URL or the data directory names')
  .action(async () => {
    const verdict = await verifyTrail(readConfig(process.env))
    if (verdict.intact) print(`the chain of ${verdict.entries} entries is whole`)
    else {
      print(`the chain breaks at entry ${verdict.seq}: ${verdict.reason}`)
      process.exitCode = 1
    }
  })

async function sendAndWatch(
  client: Client,
  draft: WatchedAlert,
  { key, yes }: { readonly key: PrivateJwk; readonly yes?: true },
): Promise<void> {
  const alert = await sendDraft(client, draft, {
    key,
    say: print,
    confirm: question => confirm({ yes }, question),
  })
  if (alert === undefined) notSent()
  else await watchUntilEnded(client, alert)
}

/** What stands behind the command in a script must not take it for sent. */
function notSent(): void {
  print('nothing was sent')
  process.exitCode = 1
}

async function watchUntilEnded(client: Client, alert: WatchedAlert): Promise<void> {
  const { seconds } = await client.get<{ seconds: number }>(`/v1/alerts/${alert.id}/estimate`)
  await watchAlert(client, alert, {
    plannedSeconds: seconds,
    startedAt: performance.now(),
    output: process.stdout,
    signal: new AbortController().signal,
    until: progress => ENDED.some(state => state === progress.state),
  })
}

function asRole(role: string): AlertRole {
  const found = ALERT_ROLES.find(one => one === role)
  if (found !== undefined) return found
  throw new Error(`the role is ${ALERT_ROLES.join(' or ')}`)
}

function print(line: string): void {
  process.stdout.write(`${line}\n`)
}

try {
  await program.parseAsync()
} catch (error) {
  const faults = isAppError(error) ? error.faults : []
  const places = faults.map(({ pointer, detail }) => `\n  ${pointer}: ${detail}`)
  process.stderr.write(`${error instanceof Error ? error.message : 'failed'}${places.join('')}\n`)
  process.exitCode = 1
}
