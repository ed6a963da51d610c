import assert from 'node:assert/strict'
import { fileURLToPath } from 'node:url'
import { startVitest } from 'vitest/node'

// What `npx vitest run` does with push.test.ts, the file to look at.
const root = fileURLToPath(new URL('..', import.meta.url))
const vitest = await startVitest('test', [], { root, config: false, watch: false, include: ['src/*.test.ts'], reporters: ['default'] })
const outcomes = vitest.state.getTestModules().flatMap((module) => [...module.children.allTests()].map((test) => test.result().state))
await vitest.close()
assert.deepEqual(outcomes, ['passed', 'passed'])
