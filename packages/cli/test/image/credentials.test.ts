import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { registryAuth } from '../../src/image/credentials.ts'

const base64 = (text: string): string => Buffer.from(text).toString('base64')
const decode = (header: { readonly 'X-Registry-Auth': string }): unknown =>
  JSON.parse(Buffer.from(header['X-Registry-Auth'], 'base64url').toString())

describe('registryAuth', () => {
  let directory: string
  const path = process.env.PATH
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'ct-credentials-'))
  })
  afterEach(async () => {
    process.env.PATH = path
    await rm(directory, { recursive: true })
  })

  const configure = (config: unknown): Promise<void> =>
    writeFile(join(directory, 'config.json'), typeof config === 'string' ? config : JSON.stringify(config))
  const auth = async (name: string): Promise<unknown> => decode(await registryAuth(name, { DOCKER_CONFIG: directory }))
  const helper = async (name: string, script: string): Promise<void> => {
    const file = join(directory, `docker-credential-${name}`)
    await writeFile(file, `#!/bin/sh\n${script}\n`)
    await chmod(file, 0o755)
    process.env.PATH = `${directory}${delimiter}${path}`
  }

  it('says nothing without a config or an entry', async () => {
    expect(await auth('debian')).toEqual({})
    await configure({ auths: { 'ghcr.io': { auth: base64('me:pw') } } })
    expect(await auth('quay.io/a/b')).toEqual({})
  })

  it.each([
    ['ghcr.io', 'ghcr.io/a/b', 'ghcr.io'],
    ['https://ghcr.io/v2/', 'ghcr.io/a/b', 'ghcr.io'],
    ['localhost:5000', 'localhost:5000/app', 'localhost:5000'],
    ['https://index.docker.io/v1/', 'debian', 'https://index.docker.io/v1/'],
  ])('finds the entry %s for %s', async (key, name, serveraddress) => {
    await configure({ auths: { [key]: { auth: base64('me:p:w') } } })
    expect(await auth(name)).toEqual({ username: 'me', password: 'p:w', serveraddress })
  })

  it('asks the helper of the registry, and the store otherwise', async () => {
    await helper('own', 'read server; echo "{\\"Username\\":\\"$server\\",\\"Secret\\":\\"s\\"}"')
    await configure({ credHelpers: { 'ghcr.io': 'own' } })
    expect(await auth('ghcr.io/a')).toEqual({ username: 'ghcr.io', password: 's', serveraddress: 'ghcr.io' })
    await helper('all', 'echo "{\\"Username\\":\\"<token>\\",\\"Secret\\":\\"t\\"}"')
    await configure({ credsStore: 'all' })
    expect(await auth('quay.io/a')).toEqual({ identitytoken: 't', serveraddress: 'quay.io' })
    await helper('none', 'echo "credentials not found in native keychain"; exit 1')
    await configure({ credsStore: 'none', auths: { 'quay.io': { auth: base64('a:b') } } })
    expect(await auth('quay.io/a')).toMatchObject({ username: 'a' })
  })

  it.each([
    ['no JSON', '{'],
    ['no object', '7'],
    ['an entry that is not user:password', { auths: { 'ghcr.io': { auth: base64('nobody') } } }],
    ['a helper that is not there', { credHelpers: { 'ghcr.io': 'missing' } }],
  ])('refuses %s', async (_what, config) => {
    await configure(config)
    await expect(auth('ghcr.io/a')).rejects.toMatchObject({ code: 'CLI_BAD_CREDENTIALS', kind: 'unauthorized' })
  })
})
