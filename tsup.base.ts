import { defineConfig, type Options } from 'tsup'

/** The one build configuration of every library package: ESM, types beside it, nothing bundled in from other packages. */
export function library(overrides: Options = {}): ReturnType<typeof defineConfig> {
  return defineConfig({
    entry: ['src/index.ts'],
    format: 'esm',
    target: 'node20.19',
    platform: 'node',
    dts: { compilerOptions: { ignoreDeprecations: '6.0' } },
    sourcemap: false,
    clean: true,
    splitting: true,
    ...overrides,
  })
}
