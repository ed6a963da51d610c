import { fileURLToPath } from 'node:url'
import { defineConfig } from 'tsup'
import { library } from '../../tsup.base.ts'

const client = fileURLToPath(new URL('../api/src/index.ts', import.meta.url))

/**
 * The command is one CommonJS file, because that starts 8 ms sooner than ES modules do; what a command does not need stays
 * unevaluated. A few lines before it, `ct.cjs`, take it from V8's code cache. The client is bundled in, from its sources: file by
 * file they are free of side effects, so that the server stays out. Only the daemon takes engine and server from their packages, at
 * run time; what `ct registry` and `ct pack` do are files beside it.
 */
const command = defineConfig({
  entry: { ct: 'src/ct.ts', main: 'src/main.ts' },
  format: 'cjs',
  target: 'node20.19',
  platform: 'node',
  splitting: false,
  minifyWhitespace: true,
  minifySyntax: true,
  shims: true,
  outExtension: () => ({ js: '.cjs' }),
  noExternal: ['@ct/api', '@ct/errors'],
  esbuildPlugins: [
    {
      name: 'client-only',
      setup(build) {
        build.onResolve({ filter: /\/registry\/index\.ts$/ }, () => ({ path: './registry.js', external: true }))
        build.onResolve({ filter: /^\.\.\/index\.ts$/ }, () => ({ path: './index.js', external: true }))
        build.onResolve({ filter: /^@ct\// }, ({ path, importer }) => {
          if (importer.endsWith('serve-daemon.ts')) return path === '@ct/errors' ? undefined : { path, external: true }
          return path === '@ct/api' ? { path: client, sideEffects: false } : undefined
        })
      },
    },
  ],
})

// Neither cleans: they are built at the same time into the same place, under names that never change.
export default [library({ entry: { index: 'src/index.ts', registry: 'src/registry/index.ts' }, splitting: false, clean: false }), command]
