import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { CALLS, HEADER_OPCODES, OPCODES } from '../src/opcodes.ts'
import { STAGES } from '../src/report.ts'

const read = (path: string): string => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8')

/** NAME_OF_C = 1, or a row of a list, X(NAME_OF_C, 1, as ['name-of-c', 1]. */
function constants(file: string, prefix: string): (readonly [string, number])[] {
  return [...read(file).matchAll(new RegExp(`(?:\\b${prefix}|\\bX\\()([A-Z_]+)(?: =|,) (\\d+)\\b`, 'g'))].map(([, name = '', value]) => [
    name.toLowerCase().replaceAll('_', '-'),
    Number(value),
  ])
}

test('the operations agree in C, in TypeScript and in the document', () => {
  const typescript = Object.entries({ ...HEADER_OPCODES, ...OPCODES })
  const documented = [...read('PROTOCOL.md').matchAll(/^\| `([a-z-]+)` +\| (\d+) +\|/gm)].map(([, name, code]) => [name, Number(code)])
  expect(constants('c/plan.h', 'CT_OP_')).toEqual(typescript)
  expect(documented).toEqual(typescript)
})

test('the system calls agree in C, in TypeScript and in the document', () => {
  const list = /#define CT_CALLS\(X\)([^#]+)/.exec(read('c/plan.h'))?.[1] ?? ''
  expect([...list.matchAll(/X\((\w+)\)/g)].map(([, name]) => name)).toEqual(CALLS)
  const documented = /may call: ([\w,\s]+),\nnumbered/.exec(read('PROTOCOL.md'))?.[1]?.split(/,\s+/)
  expect(documented).toEqual(CALLS)
})

test('the stages agree in C, in TypeScript and in the document', () => {
  const typescript = [...STAGES].map(([code, name]) => [name, code])
  expect(constants('c/wire.h', 'CT_STAGE_')).toEqual(typescript)
  const documented = [...(read('PROTOCOL.md').split('\n## ')[2] ?? '').matchAll(/(\d+) `([a-z-]+)`/g)].map(([, code, name]) => [
    name,
    Number(code),
  ])
  expect(new Map(documented as [string, number][])).toEqual(new Map(typescript.slice(1) as [string, number][]))
})
