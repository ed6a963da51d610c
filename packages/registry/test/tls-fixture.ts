import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** A certificate and its key, as files. */
export interface TestCertificate {
  readonly certificatePath: string
  readonly keyPath: string
}

/** An authority in a directory, which certifies names: a real one, made by openssl. */
export class TestAuthority {
  readonly #directory: string
  readonly path: string

  constructor(directory: string, name: string) {
    this.#directory = directory
    this.path = join(directory, `${name}.crt`)
    this.#openssl(['req', '-x509', ...NEW_KEY, '-keyout', this.#keyPath, '-out', this.path, '-subj', `/CN=${name}`, '-days', '1'])
  }

  get pem(): string {
    return readFileSync(this.path, 'utf8')
  }

  /** Certifies 127.0.0.1 under a name; the files are overwritten when they are there. */
  certify(name: string): TestCertificate {
    const [certificatePath, keyPath, requestPath] = ['crt', 'key', 'csr'].map((end) => join(this.#directory, `${name}.${end}`)) as [
      string,
      string,
      string,
    ]
    this.#openssl([
      'req',
      ...NEW_KEY,
      '-keyout',
      keyPath,
      '-out',
      requestPath,
      '-subj',
      `/CN=${name}`,
      '-addext',
      'subjectAltName=IP:127.0.0.1',
    ])
    const signed = [
      'x509',
      '-req',
      '-in',
      requestPath,
      '-CA',
      this.path,
      '-CAkey',
      this.#keyPath,
      '-CAcreateserial',
      '-copy_extensions',
      'copy',
    ]
    this.#openssl([...signed, '-days', '1', '-out', certificatePath])
    return { certificatePath, keyPath }
  }

  get #keyPath(): string {
    return `${this.path}.key`
  }

  #openssl(args: readonly string[]): void {
    execFileSync('openssl', args, { stdio: 'ignore' })
  }
}

const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
