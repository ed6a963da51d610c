import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { loadDockerCredentials } from '../../src/index.ts'

const alice = { username: 'alice', password: 'pass:word' }
const encoded = Buffer.from('alice:pass:word').toString('base64')

let directory: string
const path = process.env.PATH
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ct-credentials-'))
  process.env.PATH = `${directory}${delimiter}${path}`
  await helper('good', 'read server; printf \'{"ServerURL":"%s","Username":"alice","Secret":"for %s"}\' "$server" "$server"')
  await helper('identity', 'echo \'{"Username":"<token>","Secret":"id"}\'')
  await helper('empty', 'echo "credentials not found in native keychain"; exit 1')
  await helper('broken', 'echo "my secret is hush"; exit 3')
  await helper('babbling', 'echo "hush"')
})
afterAll(async () => {
  process.env.PATH = path
  await rm(directory, { recursive: true, force: true })
})

async function helper(name: string, script: string) {
  const file = join(directory, `docker-credential-${name}`)
  await writeFile(file, `#!/bin/sh\n${script}\n`)
  await chmod(file, 0o755)
}

async function lookUp(config: unknown, host: string) {
  const file = join(directory, 'config.json')
  await writeFile(file, typeof config === 'string' ? config : JSON.stringify(config))
  return loadDockerCredentials(file)(host)
}

describe('loadDockerCredentials', () => {
  it.each([
    ['an encoded login', { auths: { 'localhost:5000': { auth: encoded } } }, 'localhost:5000', alice],
    ['a plain login', { auths: { 'localhost:5000': alice } }, 'localhost:5000', alice],
    ["Docker Hub's", { auths: { 'https://index.docker.io/v1/': { auth: encoded } } }, 'docker.io', alice],
    ['one written with a scheme', { auths: { 'https://ghcr.io/v2/': { auth: encoded } } }, 'ghcr.io', alice],
    ['an identity token', { auths: { 'ghcr.io': { auth: encoded, identitytoken: 'id' } } }, 'ghcr.io', { identityToken: 'id' }],
    ['nothing for another port', { auths: { 'localhost:5000': { auth: encoded } } }, 'localhost:5001', undefined],
    ['nothing in an empty file', {}, 'ghcr.io', undefined],
    ['a helper', { credHelpers: { 'ghcr.io': 'good' }, credsStore: 'broken' }, 'ghcr.io', { username: 'alice', password: 'for ghcr.io' }],
    ['a store', { credsStore: 'good' }, 'docker.io', { username: 'alice', password: 'for https://index.docker.io/v1/' }],
    ['an identity token of a helper', { credsStore: 'identity' }, 'ghcr.io', { identityToken: 'id' }],
    ['the file when the store has nothing', { credsStore: 'empty', auths: { 'ghcr.io': { auth: encoded } } }, 'ghcr.io', alice],
    ['nothing when neither has', { credsStore: 'empty', auths: { 'ghcr.io': {} } }, 'ghcr.io', undefined],
  ])('finds %s', async (_, config, host, expected) => {
    expect(await lookUp(config, host)).toEqual(expected)
  })

  it('is anonymous without a file', async () => {
    expect(await loadDockerCredentials(join(directory, 'absent.json'))('ghcr.io')).toBeUndefined()
  })

  it.each([
    ['a file that is no JSON', '{"auths":{"ghcr.io":{"password":"hush"', 'REGISTRY_BAD_CONFIG'],
    ['a file that is no object', '[]', 'REGISTRY_BAD_CONFIG'],
    ['a malformed login', { auths: { 'ghcr.io': { auth: Buffer.from('hush').toString('base64') } } }, 'REGISTRY_BAD_CONFIG'],
    ['a helper that is missing', { credsStore: 'absent' }, 'REGISTRY_HELPER_FAILED'],
    ['a helper that fails', { credsStore: 'broken' }, 'REGISTRY_HELPER_FAILED'],
    ['a helper that babbles', { credsStore: 'babbling' }, 'REGISTRY_HELPER_FAILED'],
    ['a helper that is a path', { credsStore: '../x' }, 'REGISTRY_HELPER_FAILED'],
  ])('names %s, without a secret', async (_, config, code) => {
    const error = await lookUp(config, 'ghcr.io').then(
      () => new Error('found'),
      (reason: Error) => reason,
    )
    expect(error).toMatchObject({ code })
    expect(`${error.stack} ${error.cause}`).not.toContain('hush')
  })
})
