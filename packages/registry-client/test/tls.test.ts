import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createRegistryClient, loadDockerCertificates, proxyFromEnvironment } from '../src/index.ts'

const directory = mkdtempSync(join(tmpdir(), 'ct-tls-'))
afterAll(() => rmSync(directory, { recursive: true }))

function openssl(...args: readonly string[]): void {
  execFileSync('openssl', args, { cwd: directory, stdio: 'ignore' })
}

/** An authority of our own, and a certificate by it. */
function makeCertificate(name: string, subject: string): void {
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', `${name}.key`]
  openssl('req', ...key, '-subj', subject, '-addext', 'subjectAltName=IP:127.0.0.1', '-out', `${name}.csr`)
  openssl(
    'x509',
    '-req',
    '-in',
    `${name}.csr`,
    '-CA',
    'ca.crt',
    '-CAkey',
    'ca.key',
    '-copy_extensions',
    'copy',
    '-days',
    '2',
    '-out',
    `${name}.cert`,
  )
}

describe('a registry with certificates of its own authority', () => {
  let host = ''
  let stop: () => void
  beforeAll(async () => {
    openssl(
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-keyout',
      'ca.key',
      '-subj',
      '/CN=authority',
      '-out',
      'ca.crt',
    )
    makeCertificate('server', '/CN=server')
    makeCertificate('client', '/CN=client')
    const read = (name: string) => readFileSync(join(directory, name))
    const options = { cert: read('server.cert'), key: read('server.key'), ca: read('ca.crt'), requestCert: true, rejectUnauthorized: true }
    const server = createServer(options, (_, response) => response.writeHead(200, { 'content-length': '0' }).end())
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    host = `127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`
    stop = () => {
      server.closeAllConnections()
      server.close()
    }
  })
  afterAll(() => stop())

  const place = (name: string, files: readonly (readonly [from: string, to: string])[]): string => {
    const root = join(directory, name)
    mkdirSync(join(root, host), { recursive: true })
    for (const [from, to] of files) writeFileSync(join(root, host, to), readFileSync(join(directory, from)))
    return root
  }
  const ping = async (root: string) => {
    await using client = createRegistryClient({ insecure: () => false, tls: loadDockerCertificates(root), retry: { attempts: 1 } })
    await client.ping(host)
  }

  it('is spoken to with what lies where docker looks', async () => {
    await ping(
      place('whole', [
        ['ca.crt', 'ca.crt'],
        ['client.cert', 'client.cert'],
        ['client.key', 'client.key'],
      ]),
    )
  })

  it.each([
    ['without its authority', [], 'REGISTRY_UNREACHABLE'],
    ['without a certificate of ours', [['ca.crt', 'ca.crt']], 'REGISTRY_UNREACHABLE'],
    [
      'with a certificate but no key',
      [
        ['ca.crt', 'ca.crt'],
        ['client.cert', 'client.cert'],
      ],
      'REGISTRY_BAD_CONFIG',
    ],
  ] as const)('is not, %s', async (name, files, code) => {
    await expect(ping(place(name, files))).rejects.toMatchObject({ code })
  })
})

describe('proxyFromEnvironment', () => {
  it('prefers the lower-case names, and takes an empty value for none', () => {
    expect(proxyFromEnvironment({ http_proxy: 'http://a', HTTP_PROXY: 'http://b', HTTPS_PROXY: 'http://c', no_proxy: '' })).toEqual({
      http: 'http://a',
      https: 'http://c',
      no: undefined,
    })
  })
})
