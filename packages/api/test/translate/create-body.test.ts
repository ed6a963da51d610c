import { isCtError } from '@ct/errors'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { checkShape, type FieldShape } from '../../src/server/shape.ts'
import { CREATE_BODY } from '../../src/translate/create-body.table.ts'
import { readContainerSpec } from '../../src/translate/read-container-spec.ts'
import type { ContainerCreateBody } from '../../src/wire/container.ts'

const words = ['', 'x', '/a', '/a:/b', 'a:/b', '80/tcp', 'bind', 'volume', 'tmpfs', 'json-file', 'on-failure', 'local', 'ro', '__proto__']
const anything = fc.oneof(fc.constantFrom<unknown>(...words, null, 5, true, {}, []), fc.array(fc.constant(null), { maxLength: 1 }))

/** Mostly what a field may be, now and then something else. */
function valuesOf(shape: FieldShape): fc.Arbitrary<unknown> {
  return fc.oneof({ weight: 8, arbitrary: fitting(shape) }, { weight: 1, arbitrary: anything })
}

function fitting(shape: FieldShape): fc.Arbitrary<unknown> {
  if (shape === 'string') return fc.constantFrom(...words)
  if (shape === 'integer') return fc.constantFrom(0, 1, -1, 65_536, 2 ** 53, 1e300)
  if (shape === 'boolean') return fc.boolean()
  if (shape === 'object') return fc.constant({})
  if (shape === 'command') return fc.constantFrom<unknown>('x', ['x'], [])
  if ('list' in shape) return fc.array(valuesOf(shape.list), { maxLength: 2 })
  if ('map' in shape) return fc.dictionary(fc.constantFrom(...words), valuesOf(shape.map), { maxKeys: 2 })
  return someOf(shape.fields)
}

/** A few of the fields: with all of them nearly every body would be refused. */
function someOf(fields: Readonly<Record<string, FieldShape>>): fc.Arbitrary<Record<string, unknown>> {
  const names = fc.subarray(Object.keys(fields), { maxLength: Math.min(4, Object.keys(fields).length) })
  return names.chain((chosen) => fc.record(Object.fromEntries(chosen.map((name) => [name, valuesOf(fields[name] ?? 'object')]))))
}

it('A create request is understood or refused in words, whatever is in it', () => {
  let understood = 0
  const read = (body: Record<string, unknown>): void => {
    try {
      readContainerSpec(checkShape<ContainerCreateBody>({ Image: 'x', ...body }, CREATE_BODY))
      understood++
    } catch (error) {
      if (!isCtError(error)) throw error
    }
  }
  fc.assert(
    fc.property(someOf(CREATE_BODY), fitting(CREATE_BODY.HostConfig), (body, HostConfig) => read({ HostConfig, ...body })),
    {
      numRuns: 3000,
    },
  )
  expect(understood).toBeGreaterThan(100)
})
