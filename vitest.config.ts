import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const packages = fileURLToPath(new URL('./packages/', import.meta.url))
const alias = [
  { find: /^@ct\/([a-z0-9-]+)\/testing$/, replacement: `${packages}$1/src/testing/index.ts` },
  { find: /^@ct\/((?!native-linux)[a-z0-9-]+)$/, replacement: `${packages}$1/src/index.ts` },
]
const kernel = 'packages/*/test/**/*.kernel.test.ts'
const e2e = 'packages/e2e/test/**/*.test.ts'
const vm = 'packages/*/test/**/*.vm.test.ts'

/** `unit` needs nothing but Node; `kernel` needs root on Linux; `e2e` also needs the built packages and the peers; `vm` a machine that systemd runs. */
export default defineConfig({
  test: {
    projects: [
      { resolve: { alias }, test: { name: 'unit', include: ['packages/*/test/**/*.test.ts'], exclude: [kernel, e2e, vm] } },
      {
        resolve: { alias },
        test: { name: 'kernel', include: [kernel], exclude: [e2e], testTimeout: 60_000, hookTimeout: 60_000, fileParallelism: false },
      },
      {
        test: {
          name: 'bench',
          include: ['packages/*/bench/**/*.bench.ts'],
          testTimeout: 600_000,
          hookTimeout: 600_000,
          fileParallelism: false,
        },
      },
      { resolve: { alias }, test: { name: 'vm', include: [vm], fileParallelism: false } },
      { test: { name: 'e2e', include: [e2e], testTimeout: 180_000, hookTimeout: 300_000, fileParallelism: false } },
    ],
  },
})
