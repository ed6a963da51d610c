import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

/** A key, and a certificate for 127.0.0.1 that is its own authority. */
export async function selfSigned(): Promise<{ readonly key: string; readonly cert: string }> {
  const directory = await mkdtemp(join(tmpdir(), 'ct-self-signed-'))
  try {
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', 'tls.key']
    const subject = ['-subj', '/CN=registry', '-addext', 'subjectAltName=IP:127.0.0.1', '-days', '2']
    await promisify(execFile)('openssl', ['req', '-x509', ...key, ...subject, '-out', 'tls.crt'], { cwd: directory })
    const [keyText, cert] = await Promise.all([readFile(join(directory, 'tls.key'), 'utf8'), readFile(join(directory, 'tls.crt'), 'utf8')])
    return { key: keyText, cert }
  } finally {
    await rm(directory, { recursive: true })
  }
}
