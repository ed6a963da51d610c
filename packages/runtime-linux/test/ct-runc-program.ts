import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'tsup'

/** Builds ct-runc from the sources as one executable file, `ct-runc.js` in a directory of its own. */
export async function buildCtRunc(program: string): Promise<void> {
  const packages = fileURLToPath(new URL('../../', import.meta.url))
  const directory = dirname(program)
  await build({
    config: false,
    entry: [fileURLToPath(new URL('../src/ct-runc.ts', import.meta.url))],
    format: 'esm',
    target: 'node20',
    platform: 'node',
    outDir: directory,
    silent: true,
    splitting: false,
    noExternal: [/^@ct\/(errors|native)$/],
    external: [/^@ct\/native-linux/],
    esbuildOptions: (options) => {
      options.alias = { '@ct/errors': `${packages}errors/src/index.ts`, '@ct/native': `${packages}native/src/index.ts` }
    },
  })
  writeFileSync(`${directory}/package.json`, '{"type":"module"}')
  const helper = `native-linux-${process.arch}`
  mkdirSync(`${directory}/node_modules/@ct`, { recursive: true })
  symlinkSync(`${packages}${helper}`, `${directory}/node_modules/@ct/${helper}`)
}
