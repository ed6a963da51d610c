import { spawn } from 'node:child_process'
import { RegistryError } from '../errors.ts'
import type { Credentials } from './credentials.ts'

const timeoutMs = 30_000
const maxOutputBytes = 1024 * 1024

/**
 * Asks a `docker-credential-<name>` program for the login of a server.
 * @see https://github.com/docker/docker-credential-helpers#development
 * @throws RegistryError `REGISTRY_HELPER_FAILED`; what the program printed is not in it, because it may be a secret
 */
export async function askCredentialHelper(name: string, server: string): Promise<Credentials | undefined> {
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name)) throw failed(name, 'its name is not that of a program')
  const { output, exitCode } = await run(`docker-credential-${name}`, server)
  if (exitCode !== 0) {
    if (/credentials not found/i.test(output)) return undefined
    throw failed(name, `it exited with ${exitCode}`)
  }
  const answer = parseAnswer(output)
  if (answer === undefined) throw failed(name, 'its answer is malformed')
  const { Username: username, Secret: secret } = answer
  if (username === '' && secret === '') return undefined
  return username === '<token>' ? { identityToken: secret } : { username, password: secret }
}

async function run(program: string, input: string): Promise<{ output: string; exitCode: number | null }> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, ['get'], { stdio: ['pipe', 'pipe', 'ignore'], timeout: timeoutMs, killSignal: 'SIGKILL' })
    const chunks: Buffer[] = []
    let size = 0
    child.once('error', (error) => reject(failed(program.slice('docker-credential-'.length), `${program} cannot be started`, error)))
    child.stdout.on('data', (chunk: Buffer) => {
      size += chunk.byteLength
      if (size <= maxOutputBytes) chunks.push(chunk)
      else child.kill('SIGKILL')
    })
    child.once('close', (exitCode) => resolve({ output: Buffer.concat(chunks).toString('utf8'), exitCode }))
    // A helper that ends without reading its input says so by its exit status.
    child.stdin.on('error', () => undefined)
    child.stdin.end(input)
  })
}

function parseAnswer(output: string): { Username: string; Secret: string } | undefined {
  try {
    const value: unknown = JSON.parse(output)
    if (typeof value !== 'object' || value === null || !('Username' in value) || !('Secret' in value)) return undefined
    const { Username, Secret } = value
    return typeof Username === 'string' && typeof Secret === 'string' ? { Username, Secret } : undefined
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

function failed(name: string, why: string, cause?: unknown): RegistryError {
  return new RegistryError('REGISTRY_HELPER_FAILED', `the credential helper ${JSON.stringify(name)} failed: ${why}`, {
    kind: 'unauthorized',
    hint: `install docker-credential-${name}, or remove it from docker's config.json`,
    cause,
  })
}
