import { generateKeyPairSync, sign } from 'node:crypto'
import { mkdtemp, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ContentStore, digestOf } from '@ct/image'
import S3rver from 's3rver'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { ct } from '../recorder.ts'
import { serveIn } from './serve-in.ts'

// The first server of a run waits until its modules are loaded, which takes long on a machine that is busy.
vi.setConfig({ testTimeout: 30_000 })

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ct-registry-command-'))
})
afterEach(() => rm(directory, { recursive: true }))

/** A registry that runs in this process until it is disposed of. */
async function serve(...flags: readonly string[]) {
  return serveIn(['--root', directory, ...flags])
}

const push = (url: string, text: string, headers: Record<string, string> = {}) =>
  fetch(`${url}/v2/team/app/blobs/uploads/?digest=${digestOf(text)}`, { method: 'POST', body: text, headers })

describe('ct registry serve', () => {
  it('keeps what is pushed, logs a line of JSON for each request, and ends with 0', async () => {
    {
      await using registry = await serve()
      expect((await push(registry.url, 'kept')).status).toBe(201)
      await expect.poll(() => registry.stderr.text).toContain('\n')
      const [line = ''] = registry.stderr.text.split('\n')
      expect(JSON.parse(line)).toMatchObject({ level: 'info', method: 'POST', route: 'uploads', repository: 'team/app', status: 201 })
    }
    await using again = await serve('--read-only', '--quiet')
    expect(await (await fetch(`${again.url}/v2/team/app/blobs/${digestOf('kept')}`)).text()).toBe('kept')
    expect([(await push(again.url, 'refused')).status, again.stderr.text]).toEqual([405, ''])
  })

  it.each([
    [[], 404],
    [['--sparse'], 201],
  ])('with %j answers a manifest whose parts are not here with %i', async (flags, expected) => {
    await using registry = await serve(...flags)
    const mediaType = 'application/vnd.oci.image.manifest.v1+json'
    const config = { mediaType: 'application/vnd.oci.image.config.v1+json', digest: digestOf('elsewhere'), size: 9 }
    const body = JSON.stringify({ schemaVersion: 2, mediaType, config, layers: [] })
    const put = { method: 'PUT', body, headers: { 'content-type': mediaType } }
    expect((await fetch(`${registry.url}/v2/team/app/manifests/v1`, put)).status).toBe(expected)
  })

  it('asks for accounts, and gives tokens where it should', async () => {
    const accounts = join(directory, 'accounts')
    expect((await ct(['registry', 'user', 'add', '--htpasswd', accounts, 'alice'], { input: 'old\n' })).exitCode).toBe(0)
    await ct(['registry', 'user', 'add', '--htpasswd', accounts, 'bob'], { input: 'other' })
    await ct(['registry', 'user', 'add', '--htpasswd', accounts, 'alice'], { input: 'secret\n' })
    expect((await readFile(accounts, 'utf8')).split('\n').map((line) => line.split(':')[0])).toEqual(['bob', 'alice', ''])
    expect((await stat(accounts)).mode & 0o777).toBe(0o600)
    const authorization = `Basic ${Buffer.from('alice:secret').toString('base64')}`
    await using registry = await serve('--htpasswd', accounts, '--anonymous-pull')
    expect((await push(registry.url, 'x')).status).toBe(401)
    expect((await push(registry.url, 'x', { authorization })).status).toBe(201)
    expect((await fetch(`${registry.url}/v2/team/app/blobs/${digestOf('x')}`)).status).toBe(200)
  })

  it('follows a file of rules', async () => {
    const [accounts, policy] = [join(directory, 'accounts'), join(directory, 'policy.json')]
    await ct(['registry', 'user', 'add', '--htpasswd', accounts, 'alice'], { input: 'secret\n' })
    await writeFile(policy, JSON.stringify([{ repositories: ['team/*'], users: ['alice'], actions: ['push'] }]))
    await using registry = await serve('--htpasswd', accounts, '--policy', policy, '--token-url', 'http://127.0.0.1')
    const challenge = (await fetch(`${registry.url}/v2/`)).headers.get('www-authenticate')
    expect(challenge).toBe('Bearer realm="http://127.0.0.1/token",service="127.0.0.1"')
    const headers = { authorization: `Basic ${Buffer.from('alice:secret').toString('base64')}` }
    const answer = await fetch(`${registry.url}/token?scope=repository:team/app:push`, { headers })
    const { token } = (await answer.json()) as { token: string }
    expect((await push(registry.url, 'x', { authorization: `Bearer ${token}` })).status).toBe(201)
  })

  it.each([
    [['--listen', '0.0.0.0:0'], 'accounts with --htpasswd'],
    [['--listen', 'nowhere'], 'write HOST:PORT'],
    [['--tls-cert', 'x'], 'belong together'],
    [['--policy', 'x'], 'need accounts'],
    [['--token-service', 'x'], 'need --token-keys'],
    [['--token-keys', 'x'], 'belong to it'],
    [['--user-rate', 'fast'], 'invalid'],
    [['--user-rate', '0'], 'at least 1'],
    [['--user-uploads', '-1'], 'at least 1'],
    [['--uploads', '0'], 'at least 1'],
    [['--gc-interval', '50000'], 'at most 35000'],
    [['--quota', '-1'], 'leave it out'],
    [['--anonymous-pull'], 'need accounts'],
    [['--upstream', 'mirror'], 'write the name of a registry'],
    [['--upstream', 'https://registry.example'], 'write the name of a registry'],
    [['--upstream', 'registry.example', '--quota', '10g'], 'limits pushes'],
    [['--retention', '/nowhere/rules'], 'ENOENT'],
    [['--webhook', 'ftp://x'], 'not an http or https URL'],
    [['--quota', 'much'], 'invalid size'],
    [['--s3-endpoint', 'http://127.0.0.1:9'], 'belongs to --storage'],
    [['--storage', 's3://images'], 'not both'],
    [['--htpasswd', '/nowhere/accounts'], 'cannot be read'],
  ])('refuses %j', async (flags, reason) => {
    const { exitCode, stderr } = await ct(['registry', 'serve', '--root', directory, ...flags])
    expect(exitCode).toBeGreaterThan(0)
    expect(exitCode).toBeLessThan(70 + 56)
    expect(stderr).toContain(reason)
  })

  it.each(['{', '{}', '[1]', '[{"users":["a"],"may":["pull"]}]', '[{"users":["a"],"actions":["write"]}]'])(
    'refuses the rules %s',
    async (text) => {
      const [accounts, policy] = [join(directory, 'accounts'), join(directory, 'policy.json')]
      await writeFile(accounts, '')
      await writeFile(policy, text)
      const { exitCode, stderr } = await ct(['registry', 'serve', '--root', directory, '--htpasswd', accounts, '--policy', policy])
      expect([exitCode, stderr]).toEqual([125, expect.stringContaining('for "--policy" flag')])
    },
  )

  it.each([
    [['--open'], 'not open to everybody'],
    [['--policy', 'RULES', '--anonymous-pull'], 'who may pull'],
  ])('refuses accounts with %j, which would not mean what it says', async (flags, reason) => {
    const [accounts, policy] = [join(directory, 'accounts'), join(directory, 'policy.json')]
    await writeFile(accounts, '')
    await writeFile(policy, '[]')
    const given = flags.map((flag) => (flag === 'RULES' ? policy : flag))
    const { exitCode, stderr } = await ct(['registry', 'serve', '--root', directory, '--htpasswd', accounts, ...given])
    expect([exitCode, stderr]).toEqual([125, expect.stringContaining(reason)])
  })

  it('takes tokens of another issuer, known by a file of keys', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const path = join(directory, 'keys')
    const flags = [
      '--token-url',
      'https://issuer.test/token',
      '--token-issuer',
      'issuer',
      '--token-service',
      'registry',
      '--token-keys',
      path,
    ]
    const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
    const access = [{ type: 'repository', name: 'team/app', actions: ['pull', 'push'] }]
    const claims = { iss: 'issuer', aud: 'registry', sub: 'carol', exp: Math.ceil(Date.now() / 1000) + 60, access }
    const signed = `${encode({ alg: 'ES256' })}.${encode(claims)}`
    const signature = sign('sha256', Buffer.from(signed), { key: privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url')
    for (const text of [
      JSON.stringify({ keys: [publicKey.export({ format: 'jwk' })] }),
      publicKey.export({ format: 'pem', type: 'spki' }),
    ]) {
      await writeFile(path, text)
      await using registry = await serve(...flags)
      const challenge = (await push(registry.url, 'x')).headers.get('www-authenticate')
      expect(challenge).toBe('Bearer realm="https://issuer.test/token",service="registry",scope="repository:team/app:pull,push"')
      expect((await push(registry.url, 'x', { authorization: `Bearer ${signed}.${signature}` })).status).toBe(201)
    }
    for (const text of ['{}', '{"keys":[{}]}', 'keys']) {
      await writeFile(path, text)
      const { stderr } = await ct(['registry', 'serve', '--root', directory, ...flags])
      expect(stderr).toContain('neither a JWK set nor a public key')
    }
  })

  it('lets one user do only so much', async () => {
    await using registry = await serve('--user-uploads', '1', '--user-rate', '1')
    const start = () => fetch(`${registry.url}/v2/team/app/blobs/uploads/`, { method: 'POST' })
    expect([(await start()).status, (await start()).status]).toEqual([202, 429])
    const many = await Promise.all(Array.from({ length: 20 }, async () => (await fetch(`${registry.url}/v2/`)).status))
    expect(many).toContain(429)
  })

  it('refuses a directory that another process serves with CLI_REGISTRY_IN_USE', async () => {
    await using _registry = await serve()
    const { exitCode, stderr } = await ct(['registry', 'serve', '--root', directory, '--listen', '127.0.0.1:0'])
    expect([exitCode, stderr]).toEqual([1, expect.stringContaining('another process')])
  })

  it('brings what is missing from an upstream', async () => {
    await using origin = await serve()
    const config = '{}'
    await push(origin.url, config)
    const mediaType = 'application/vnd.oci.image.manifest.v1+json'
    const descriptor = { mediaType: 'application/vnd.oci.image.config.v1+json', digest: digestOf(config), size: 2 }
    const body = JSON.stringify({ schemaVersion: 2, mediaType, config: descriptor, layers: [] })
    await fetch(`${origin.url}/v2/team/app/manifests/v1`, { method: 'PUT', body, headers: { 'content-type': mediaType } })
    const elsewhere = await mkdtemp(join(tmpdir(), 'ct-mirror-'))
    {
      await using mirror = await serve('--root', elsewhere, '--upstream', new URL(origin.url).host)
      expect(await (await fetch(`${mirror.url}/v2/team/app/manifests/v1`)).text()).toBe(body)
      expect(await (await fetch(`${mirror.url}/v2/team/app/blobs/${digestOf(config)}`)).text()).toBe(config)
    }
    await rm(elsewhere, { recursive: true })
  })
})

describe('ct registry serve --storage', () => {
  const env = { AWS_ACCESS_KEY_ID: 'S3RVER', AWS_SECRET_ACCESS_KEY: 'S3RVER' }

  it('lets as many uploads begin as there is memory for their parts', async () => {
    const statuses = async (url: string, count: number): Promise<readonly number[]> => {
      const begin = () => fetch(`${url}/v2/team/app/blobs/uploads/`, { method: 'POST' })
      return (await Promise.all(Array.from({ length: count }, begin))).map(({ status }) => status).sort()
    }
    await using local = await serve('--uploads', '2')
    expect(await statuses(local.url, 3)).toEqual([202, 202, 429])
    const configureBuckets = [{ name: 'images', configs: [] }]
    const bucket = new S3rver({ port: 0, address: '127.0.0.1', silent: true, directory, configureBuckets })
    const { port } = (await bucket.run()) as AddressInfo
    {
      await using registry = await serveIn(['--storage', 's3://images', '--s3-endpoint', `http://127.0.0.1:${port}`], env)
      expect((await statuses(registry.url, 101)).filter((status) => status === 429)).toHaveLength(1)
    }
    await bucket.close()
  })

  it('lets several registries share a bucket, which gc and check know, too', async () => {
    const bucket = new S3rver({
      port: 0,
      address: '127.0.0.1',
      silent: true,
      directory,
      configureBuckets: [{ name: 'images', configs: [] }],
    })
    const { port } = (await bucket.run()) as AddressInfo
    const flags = ['--storage', 's3://images/team', '--s3-endpoint', `http://127.0.0.1:${port}`]
    {
      await using one = await serveIn(flags, env)
      await using two = await serveIn(flags, env)
      expect((await push(one.url, 'shared')).status).toBe(201)
      expect(await (await fetch(`${two.url}/v2/team/app/blobs/${digestOf('shared')}`)).text()).toBe('shared')
    }
    expect(await ct(['registry', 'check', ...flags], { env })).toMatchObject({ exitCode: 0, stdout: '' })
    const { stdout } = await ct(['registry', 'gc', '--grace', '0', ...flags], { env })
    expect(stdout).toBe('removed 0 manifests and 1 blobs of repositories; 0B freed\n')
    await bucket.close()
  })

  it.each([
    ['http://images', 'write s3://BUCKET'],
    ['s3://Images', 'write s3://BUCKET'],
    ['s3://images', 'cannot be reached'],
  ])('refuses %s', async (storage, reason) => {
    const argv = ['registry', 'serve', '--storage', storage, '--s3-endpoint', 'http://127.0.0.1:9']
    expect(await ct(argv, { env })).toMatchObject({ exitCode: expect.any(Number), stderr: expect.stringContaining(reason) })
  })
})

describe('ct registry gc and check', () => {
  it('removes what nothing needs, by the server when there is one', async () => {
    const gc = async () => (await ct(['registry', 'gc', '--root', directory, '--grace', '0'])).stdout
    {
      await using registry = await serve()
      await push(registry.url, 'unneeded')
      expect(await gc()).toBe('removed 0 manifests and 1 blobs of repositories; 8B freed\n')
      expect((await fetch(`${registry.url}/v2/team/app/blobs/${digestOf('unneeded')}`)).status).toBe(404)
      await push(registry.url, 'later')
    }
    expect(await gc()).toBe('removed 0 manifests and 1 blobs of repositories; 5B freed\n')
    expect(await gc()).toBe('removed 0 manifests and 0 blobs of repositories; 0B freed\n')
  })

  it('keeps the tags that its rules keep', async () => {
    const config = '{}'
    const mediaType = 'application/vnd.oci.image.manifest.v1+json'
    const descriptor = { mediaType: 'application/vnd.oci.image.config.v1+json', digest: digestOf(config), size: 2 }
    const rules = join(directory, 'rules.json')
    await writeFile(rules, JSON.stringify([{ repositories: ['team/*'], tags: ['v1'] }]))
    await using registry = await serve('--retention', rules)
    await push(registry.url, config)
    for (const tag of ['v1', 'v2', 'v3']) {
      const body = JSON.stringify({ schemaVersion: 2, mediaType, config: descriptor, layers: [], annotations: { tag } })
      await fetch(`${registry.url}/v2/team/app/manifests/${tag}`, { method: 'PUT', body, headers: { 'content-type': mediaType } })
    }
    const gc = async (...flags: readonly string[]) =>
      (await ct(['registry', 'gc', '--root', directory, '--grace', '0', ...flags])).stdout.split('\n')
    expect(await gc('--keep-newest', '2', '--dry-run')).toEqual([
      'would untag team/app:v1',
      'would remove 1 manifests and 0 blobs of repositories',
      '',
    ])
    expect(await gc('--keep-newest', '1', '--keep-tag', 'v1')).toEqual([
      'untagged team/app:v2',
      expect.stringMatching(/^removed 1 manifests and 0 blobs/),
      '',
    ])
    expect((await gc())[0]).toBe('untagged team/app:v3')
    const { tags } = (await (await fetch(`${registry.url}/v2/team/app/tags/list`)).json()) as { tags: string[] }
    expect(tags).toEqual(['v1'])
  })

  it.each([
    [['--keep-newest', '-1'], 'invalid'],
    [['--retention', 'RULES'], 'rule 1 is not'],
  ])('refuses %j', async (flags, reason) => {
    const rules = join(directory, 'rules.json')
    await writeFile(rules, '[{"newest":-1}]')
    const { stderr } = await ct(['registry', 'gc', '--root', directory, ...flags.map((flag) => (flag === 'RULES' ? rules : flag))])
    expect(stderr).toContain(reason)
  })

  it.each(['gc', 'check'])('is nothing that %s takes a directory for which is not there', async (command) => {
    const root = join(directory, 'typing-error')
    const { exitCode, stderr } = await ct(['registry', command, '--root', root])
    expect([exitCode, stderr]).toEqual([125, expect.stringContaining('there is no registry')])
    await expect(stat(root)).rejects.toMatchObject({ code: 'ENOENT' })
  })

  it('says what is damaged, and whom that hurts', async () => {
    {
      await using registry = await serve()
      await push(registry.url, 'fragile')
    }
    expect(await ct(['registry', 'check', '--root', directory])).toMatchObject({ exitCode: 0, stdout: '' })
    await truncate((await ContentStore.open(directory)).path(digestOf('fragile')), 3)
    expect(await ct(['registry', 'check', '--root', directory])).toMatchObject({
      exitCode: 1,
      stdout: `damaged ${digestOf('fragile')} localhost/team/app@${digestOf('fragile')}\n`,
    })
  })
})
