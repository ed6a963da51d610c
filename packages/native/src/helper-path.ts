import { createRequire } from 'node:module'
import { NativeError } from './errors.ts'

const require = createRequire(import.meta.url)

/** The path of the helper program of this machine's architecture. Throws `NATIVE_NO_HELPER` when no package brings one. */
export function helperPath(): string {
  const name = `@ct/native-linux-${process.arch}/bin/ct-native`
  try {
    return require.resolve(name)
  } catch (cause) {
    throw new NativeError('NATIVE_NO_HELPER', `${name} is not installed`, {
      kind: 'unsupported',
      hint: 'install the optional dependencies of @ct/native, or build the helper with npm run build',
      cause,
    })
  }
}
