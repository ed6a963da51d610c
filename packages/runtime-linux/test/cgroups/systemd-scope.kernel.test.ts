import { isSystemdRunning } from '@ct/systemd'
import { expect, it } from 'vitest'
import type { Spec } from '../../src/index.ts'
import { TestRuntime } from '../test-runtime.ts'

it.skipIf(isSystemdRunning())('a scope is refused, with a hint, where systemd does not run', async () => {
  await using box = new TestRuntime()
  const withScope = (spec: Spec) => ({ ...spec, linux: { ...spec.linux, cgroupsPath: 'ct-test.slice:ct:none' } })
  const refused = expect.objectContaining({ code: 'RUNTIME_UNSUPPORTED', hint: expect.any(String) })
  await expect(box.sh('true', withScope)).rejects.toThrow(refused)
  expect(await box.runtime.list()).toEqual([])
})
