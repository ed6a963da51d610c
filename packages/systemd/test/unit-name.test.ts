import { expect, it } from 'vitest'
import { checkUnitName, slicePath } from '../src/unit-name.ts'

const paths: [slice: string, path: string][] = [
  ['system.slice', '/system.slice'],
  ['a-b-c.slice', '/a.slice/a-b.slice/a-b-c.slice'],
  ['-.slice', ''],
]
it.each(paths)('%s is at %s', (slice, path) => {
  expect(slicePath(slice)).toBe(path)
})

it.each(['', 'a', 'a.scope', '-a.slice', 'a-.slice', 'a--b.slice', '../a.slice', 'a/b.slice', '.slice', `${'a'.repeat(255)}.slice`])(
  '%j is no slice',
  (name) => {
    expect(() => slicePath(name)).toThrow(expect.objectContaining({ code: 'SYSTEMD_BAD_NAME', kind: 'invalid' }))
  },
)

it('takes what systemd takes for a name', () => {
  expect(() => checkUnitName('docker-0.a:b_c\\x2d.scope', 'scope')).not.toThrow()
  expect(() => checkUnitName('a b.scope', 'scope')).toThrow('is not the name of a scope')
})
