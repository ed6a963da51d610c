import { readFile, stat } from 'node:fs/promises'
import type { SecureContextOptions } from 'node:tls'
import { DistributionError } from './errors.ts'

/** The certificate of a server, in PEM. */
export interface TlsFiles {
  /** With the chain, leaf first. */
  readonly certificatePath: string
  readonly keyPath: string
  /** Clients must have a certificate of one of these authorities. */
  readonly clientAuthoritiesPath?: string | undefined
}

/** What the files say now. Throws DistributionError `DISTRIBUTION_BAD_TLS` for one that cannot be read. */
export async function readTls(files: TlsFiles): Promise<SecureContextOptions> {
  const { certificatePath, keyPath, clientAuthoritiesPath } = files
  const [cert, key, ca] = await Promise.all([read(certificatePath), read(keyPath), clientAuthoritiesPath && read(clientAuthoritiesPath)])
  return { cert, key, minVersion: 'TLSv1.2', ...(ca !== undefined && ca !== '' && { ca }) }
}

/** Tells when the files are others than before. */
export async function versionOfTls({ certificatePath, keyPath, clientAuthoritiesPath }: TlsFiles): Promise<string> {
  const paths = [certificatePath, keyPath, ...(clientAuthoritiesPath === undefined ? [] : [clientAuthoritiesPath])]
  const stats = await Promise.all(paths.map((path) => stat(path)))
  return stats.map(({ mtimeMs, size, ino }) => `${mtimeMs} ${size} ${ino}`).join(';')
}

async function read(path: string): Promise<Buffer> {
  try {
    return await readFile(path)
  } catch (cause) {
    throw new DistributionError('DISTRIBUTION_BAD_TLS', `cannot read ${path}: ${String(cause)}`, { cause })
  }
}
