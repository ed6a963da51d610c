import { readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { hasErrno } from '@ct/errors'
import { RegistryError } from '../errors.ts'
import { askCredentialHelper } from './credential-helper.ts'
import type { Credentials, CredentialsProvider } from './credentials.ts'

/** One entry of `auths`. */
interface AuthEntry {
  readonly auth?: unknown
  readonly username?: unknown
  readonly password?: unknown
  readonly identitytoken?: unknown
}

/** The part of docker's `config.json` that is about logins. */
interface DockerConfig {
  readonly auths: ReadonlyMap<string, AuthEntry>
  readonly credHelpers: ReadonlyMap<string, string>
  readonly credsStore: string | undefined
}

const hubKey = 'https://index.docker.io/v1/'
const maxConfigBytes = 4 * 1024 * 1024

/**
 * Uses the logins that `docker login` keeps: the credential helper of a registry, the credential store, or the file itself, in this
 * order. The file is read at each look-up; a missing one means anonymous.
 * @param path of the `config.json`; `~/.docker/config.json` by default
 * @see https://docs.docker.com/reference/cli/docker/login/#credential-stores
 * @throws (when asked) RegistryError `REGISTRY_BAD_CONFIG`, `REGISTRY_HELPER_FAILED`
 */
export function loadDockerCredentials(path: string = join(homedir(), '.docker', 'config.json')): CredentialsProvider {
  return async (host) => {
    const config = await readConfig(path)
    const key = host === 'docker.io' ? hubKey : host
    const helper = config.credHelpers.get(host) ?? config.credHelpers.get(key) ?? config.credsStore
    const stored = helper === undefined ? undefined : await askCredentialHelper(helper, key)
    return stored ?? fromFile(config, key, path)
  }
}

async function readConfig(path: string): Promise<DockerConfig> {
  try {
    const content = await readFile(path)
    const value: unknown = content.byteLength > maxConfigBytes ? undefined : JSON.parse(content.toString('utf8'))
    if (!isRecord(value)) throw badConfig(path, 'it is not a JSON object')
    const { auths = {}, credHelpers = {}, credsStore } = value
    if (!isRecord(auths) || !isRecord(credHelpers)) throw badConfig(path, 'auths and credHelpers must be objects')
    return {
      auths: new Map(Object.entries(auths).filter((entry): entry is [string, AuthEntry] => isRecord(entry[1]))),
      credHelpers: new Map(Object.entries(credHelpers).filter((entry): entry is [string, string] => typeof entry[1] === 'string')),
      credsStore: typeof credsStore === 'string' && credsStore !== '' ? credsStore : undefined,
    }
  } catch (error) {
    if (hasErrno(error, 'ENOENT', 'ENOTDIR')) return { auths: new Map(), credHelpers: new Map(), credsStore: undefined }
    // A syntax error quotes the text around it, which may be a password: it is not kept as the cause.
    if (error instanceof SyntaxError) throw badConfig(path, 'it is not JSON')
    throw error
  }
}

function fromFile({ auths }: DockerConfig, key: string, path: string): Credentials | undefined {
  const entry = auths.get(key) ?? [...auths].find(([name]) => hostOf(name) === hostOf(key))?.[1]
  if (entry === undefined) return undefined
  if (typeof entry.identitytoken === 'string' && entry.identitytoken !== '') return { identityToken: entry.identitytoken }
  if (typeof entry.auth === 'string' && entry.auth !== '') {
    const [, username, password] = /^([^:]*):(.*)$/s.exec(Buffer.from(entry.auth, 'base64').toString('utf8')) ?? []
    if (username === undefined || password === undefined) throw badConfig(path, `the login for ${hostOf(key)} is malformed`)
    return { username, password: password.replace(/\0+$/, '') }
  }
  if (typeof entry.username === 'string' && typeof entry.password === 'string' && entry.username !== '') {
    return { username: entry.username, password: entry.password }
  }
  return undefined
}

function hostOf(key: string): string {
  return key.replace(/^https?:\/\//, '').replace(/\/.*$/, '')
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function badConfig(path: string, why: string): RegistryError {
  return new RegistryError('REGISTRY_BAD_CONFIG', `${path} cannot be used: ${why}`, {
    kind: 'invalid',
    hint: 'mend the file, or log in again',
  })
}
