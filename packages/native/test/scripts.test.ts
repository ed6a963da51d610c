import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'

const script = (name: string): string => fileURLToPath(new URL(`../scripts/${name}`, import.meta.url))
const X64 = 62

let directory: string
beforeEach(() => {
  directory = mkdtempSync('/tmp/ct-native-scripts-')
})
afterEach(() => rmSync(directory, { recursive: true }))

/** Runs the script that npm runs around packing, in a package like the real ones. */
function manifest(action: string, program?: Buffer) {
  const cwd = join(directory, 'native-linux-x64')
  mkdirSync(join(cwd, 'bin'), { recursive: true })
  writeFileSync(join(cwd, 'package.json'), '{ "name": "demo" }\n')
  if (program) writeFileSync(join(cwd, 'bin/ct-native'), program)
  const { status, stderr } = spawnSync(process.execPath, [script('platform-manifest.mjs'), action], { cwd, encoding: 'utf8' })
  return { status, stderr, manifest: JSON.parse(readFileSync(join(cwd, 'package.json'), 'utf8')) }
}

function elf(machine: number): Buffer {
  const header = Buffer.alloc(20)
  header.write('\x7fELF', 0, 'latin1')
  header.writeUInt16LE(machine, 18)
  return header
}

test('packing pins the platform, and takes that back', () => {
  expect(manifest('pin', elf(X64))).toMatchObject({ status: 0, manifest: { name: 'demo', os: ['linux'], cpu: ['x64'] } })
  expect(manifest('unpin').manifest).toEqual({ name: 'demo' })
})

test.each([
  ['a missing program', undefined, 'is missing: build it on that architecture'],
  ['a program of another architecture', elf(183), 'is not a program for x64'],
  ['something else', Buffer.from('#!/bin/sh\n exit 0 # longer'), 'is not a program for x64'],
])('packing refuses %s', (_name, program, message) => {
  expect(manifest('pin', program)).toMatchObject({ status: 1, stderr: expect.stringContaining(message), manifest: { name: 'demo' } })
})

test('a missing compiler gives one line that says what to do', () => {
  const env = { ...process.env, CC: join(directory, 'none') }
  const { status, stderr } = spawnSync(process.execPath, [script('build.mjs'), '--force'], { env, encoding: 'utf8' })
  expect(status).toBe(1)
  expect(stderr).toMatch(/^ct-native needs a C compiler: .* was not found; install one .*\n$/)
})
