import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { launch } from '../src/index.ts'
import { containerPlan, Sandbox } from './support/busybox.ts'

test('runs a program to its end', async () => {
  using sandbox = new Sandbox()
  const supervisor = await launch(
    containerPlan(sandbox, ['sh', '-c', 'echo hello; hostname; ps; cat /proc/self/mountinfo; ls -l /proc/self/fd; exit 3']),
  )
  const record = await supervisor.wait()
  console.log(readFileSync(sandbox.file('main.log'), 'utf8'), record)
  expect(record.exitCode).toBe(3)
})
