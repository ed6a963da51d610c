import { cpSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'tsup'

/** Packages of this workspace that are built into the program. */
const BUNDLED = ['errors', 'native', 'seccomp', 'systemd']

/** Builds ct-runc from the sources as one executable file, `ct-runc.js` in a directory of its own, and beside it the library. */
export async function buildCtRunc(program: string): Promise<void> {
  const packages = fileURLToPath(new URL('../../', import.meta.url))
  const directory = dirname(program)
  await build({
    config: false,
    entry: ['ct-runc', 'index'].map((name) => fileURLToPath(new URL(`../src/${name}.ts`, import.meta.url))),
    format: 'esm',
    target: 'node20',
    platform: 'node',
    outDir: directory,
    silent: true,
    splitting: false,
    noExternal: BUNDLED.map((name) => `@ct/${name}`),
    external: [/^@ct\/native-linux/],
    esbuildOptions: (options) => {
      options.alias = Object.fromEntries(BUNDLED.map((name) => [`@ct/${name}`, `${packages}${name}/src/index.ts`]))
    },
  })
  writeFileSync(`${directory}/package.json`, '{"type":"module"}')
  const helper = `native-linux-${process.arch}`
  mkdirSync(`${directory}/node_modules/@ct`, { recursive: true })
  cpSync(`${packages}${helper}`, `${directory}/node_modules/@ct/${helper}`, { recursive: true })
}
