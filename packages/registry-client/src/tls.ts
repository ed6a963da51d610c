import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { hasErrno } from '@ct/errors'
import { RegistryError } from './errors.ts'

/** How a host is told from others over TLS, and how we are told from others. Everything is PEM. */
export interface TlsOptions {
  /** Certificate authorities to trust instead of Node's. */
  readonly authorities?: readonly Uint8Array[] | undefined
  /** Our certificate, for a host that wants one. */
  readonly certificate?: Uint8Array | undefined
  readonly key?: Uint8Array | undefined
}

/** Finds what is special about TLS with a host (`registry.example:5000`); `undefined` means nothing. */
export type TlsProvider = (host: string) => Promise<TlsOptions | undefined>

/**
 * Uses the certificates that docker would: in `<directory>/<host>/`, authorities are `*.crt`, and a pair `x.cert`, `x.key` is ours.
 * @param directory `/etc/docker/certs.d` by default
 * @see https://docs.docker.com/engine/security/certificates/
 * @throws (when asked) RegistryError `REGISTRY_BAD_CONFIG`
 */
export function loadDockerCertificates(directory = '/etc/docker/certs.d'): TlsProvider {
  return async (host) => {
    const place = join(directory, host)
    const names = [...(await filesOf(place))].sort()
    const authorities = await readAll(
      place,
      names.filter((name) => name.endsWith('.crt')),
    )
    const own = names.find((name) => name.endsWith('.cert'))
    const keyName = own?.replace(/cert$/, 'key')
    if (keyName !== undefined && !names.includes(keyName)) throw badCertificates(place, `${own} has no ${keyName} beside it`)
    const [certificate, key] = await readAll(place, own === undefined || keyName === undefined ? [] : [own, keyName])
    if (authorities.length === 0 && certificate === undefined) return undefined
    return { ...(authorities.length > 0 && { authorities }), certificate, key }
  }
}

async function filesOf(place: string): Promise<readonly string[]> {
  try {
    return await readdir(place)
  } catch (error) {
    if (hasErrno(error, 'ENOENT', 'ENOTDIR')) return []
    throw badCertificates(place, String(error))
  }
}

async function readAll(place: string, names: readonly string[]): Promise<readonly Uint8Array[]> {
  try {
    return await Promise.all(names.map((name) => readFile(join(place, name))))
  } catch (error) {
    throw badCertificates(place, String(error))
  }
}

function badCertificates(place: string, why: string): RegistryError {
  return new RegistryError('REGISTRY_BAD_CONFIG', `the certificates in ${place} cannot be used: ${why}`, {
    kind: 'invalid',
    hint: 'mend the files, or remove them',
  })
}
