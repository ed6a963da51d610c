import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { bodyOf, digestOf, MEDIA_TYPES } from '@ct/image'
import { basicGatekeeper, HtpasswdFile, htpasswdLine, policyOf, serveRegistry } from '@ct/registry'
import { createRegistryClient } from '@ct/registry-client'

const directory = await mkdtemp('/var/tmp/ct-private-registry-')
const [certificatePath, keyPath, htpasswd] = ['tls.crt', 'tls.key', 'htpasswd'].map((name) => join(directory, name)) as [
  string,
  string,
  string,
]
try {
  // A certificate of our own, for as long as this runs; yours comes from an authority, and is read again when it is renewed.
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', keyPath]
  const certify = [
    'req',
    '-x509',
    ...newKey,
    '-out',
    certificatePath,
    '-days',
    '1',
    '-subj',
    '/CN=registry',
    '-addext',
    'subjectAltName=IP:127.0.0.1',
  ]
  execFileSync('openssl', certify, { stdio: 'ignore' })

  const [alice, bob] = [
    { user: 'alice', password: 'correct horse' },
    { user: 'bob', password: 'battery staple' },
  ] as const
  await writeFile(htpasswd, `${await htpasswdLine(alice)}\n${await htpasswdLine(bob)}\n`)
  const policy = policyOf([
    { repositories: ['public/*'], users: ['anonymous'] },
    { users: ['*'], actions: ['pull'] },
    { repositories: ['public/*', 'team/*'], users: ['alice'], actions: ['push', 'delete'] },
  ])
  await using registry = await serveRegistry({
    root: join(directory, 'store'),
    port: 0,
    tls: { certificatePath, keyPath },
    gatekeeper: basicGatekeeper({ accounts: await HtpasswdFile.open(htpasswd), policy }),
  })
  const { host } = new URL(registry.url)
  console.log(`a private registry listens on ${registry.url}`)

  const authorities = [await readFile(certificatePath)]
  const clientOf = (person?: typeof alice | typeof bob) =>
    createRegistryClient({
      insecure: () => false, // else loopback is spoken to without TLS
      tls: async () => ({ authorities }),
      ...(person && { credentials: async () => ({ username: person.user, password: person.password }) }),
    })
  const bytes = Buffer.from('a secret recipe')
  const blob = { mediaType: MEDIA_TYPES.ociLayer, digest: digestOf(bytes), size: bytes.length }
  await using asAlice = clientOf(alice)
  await using asBob = clientOf(bob)
  await using asNobody = clientOf()
  for (const name of ['team/recipes', 'public/recipes']) await asAlice.repository(`${host}/${name}`).push(blob, bodyOf(bytes))
  console.log('alice pushed')

  assert.equal(await asBob.repository(`${host}/team/recipes`).has(blob), true)
  await assert.rejects(asBob.repository(`${host}/team/other`).push(blob, bodyOf(bytes)), 'bob may only pull')
  console.log('bob may pull, and not push')

  assert.equal(await asNobody.repository(`${host}/public/recipes`).has(blob), true)
  await assert.rejects(asNobody.repository(`${host}/team/recipes`).has(blob), 'nobody without an account sees the team')
  console.log('others see what is public, and nothing else')
} finally {
  await rm(directory, { recursive: true })
}
