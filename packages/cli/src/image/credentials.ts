import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { type AuthConfig, encodeRegistryAuth } from '@ct/api'
import { hasErrno } from '@ct/errors'
import { CliError } from '../errors.ts'
import { registryOf } from './reference.ts'

type Env = Readonly<Record<string, string | undefined>>

interface DockerConfig {
  readonly auths?: Readonly<Record<string, AuthConfig>>
  readonly credsStore?: string
  readonly credHelpers?: Readonly<Record<string, string>>
}

const DOCKER_HUB = 'https://index.docker.io/v1/'

/**
 * The X-Registry-Auth header for the registry of a name, from docker's config.json (`$DOCKER_CONFIG`, else `~/.docker`)
 * and its credential helpers; without an entry it says nothing. Throws `CLI_BAD_CREDENTIALS`.
 */
export async function registryAuth(name: string, env: Env): Promise<{ readonly 'X-Registry-Auth': string }> {
  const registry = registryOf(name)
  const server = registry === 'docker.io' || registry === 'index.docker.io' ? DOCKER_HUB : registry
  const config = await readConfig(join(env.DOCKER_CONFIG ?? join(env.HOME ?? homedir(), '.docker'), 'config.json'))
  const helper = config.credHelpers?.[registry] ?? config.credsStore
  const stored = helper === undefined || helper === '' ? undefined : await askHelper(helper, server)
  const credentials = stored ?? fromAuths(config.auths ?? {}, server)
  return { 'X-Registry-Auth': encodeRegistryAuth(credentials === undefined ? {} : { ...credentials, serveraddress: server }) }
}

async function readConfig(path: string): Promise<DockerConfig> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    if (hasErrno(error, 'ENOENT', 'ENOTDIR', 'EACCES')) return {}
    throw error
  }
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null) return value
  } catch (cause) {
    throw badCredentials(`${path} is not JSON`, cause)
  }
  throw badCredentials(`${path} is not a JSON object`)
}

/** Entries are found by host name, whatever scheme and path they were stored with. */
function fromAuths(auths: Readonly<Record<string, AuthConfig>>, server: string): AuthConfig | undefined {
  const host = (url: string): string => url.replace(/^https?:\/\//, '').replace(/\/.*$/, '')
  const entry = auths[server] ?? Object.entries(auths).find(([key]) => host(key) === host(server))?.[1]
  if (entry === undefined) return undefined
  const { auth, ...rest } = entry
  if (auth === undefined || auth === '') return rest
  const plain = Buffer.from(auth, 'base64').toString('utf8')
  const colon = plain.indexOf(':')
  if (colon < 1) throw badCredentials(`the entry of ${server} in docker's config.json is not base64 of user:password`)
  return { ...rest, username: plain.slice(0, colon), password: plain.slice(colon + 1).replace(/\0+$/, '') }
}

/** Runs `docker-credential-NAME get`. See https://github.com/docker/docker-credential-helpers#development */
async function askHelper(name: string, server: string): Promise<AuthConfig | undefined> {
  const program = `docker-credential-${name}`
  const answer = await new Promise<string | undefined>((resolve, reject) => {
    const child = execFile(program, ['get'], (error, stdout) => {
      if (error === null) resolve(stdout)
      else if (/credentials not found/i.test(stdout)) resolve(undefined)
      else reject(badCredentials(`${program} failed: ${stdout.trim() || error.message}`, error))
    })
    // A helper that ends without reading is judged by what it says.
    child.stdin?.on('error', (error) => hasErrno(error, 'EPIPE') || reject(error)).end(server)
  })
  if (answer === undefined) return undefined
  const { Username = '', Secret = '' } = JSON.parse(answer) as { readonly Username?: string; readonly Secret?: string }
  return Username === '<token>' ? { identitytoken: Secret } : { username: Username, password: Secret }
}

function badCredentials(message: string, cause?: unknown): CliError {
  return new CliError('CLI_BAD_CREDENTIALS', message, { kind: 'unauthorized', cause })
}
