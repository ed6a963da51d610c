import { expect, it } from 'vitest'
import { hostsFile } from '../src/index.ts'

it('a hosts file has the loopback names, then the entries', () => {
  const lines = hostsFile([{ address: '172.30.0.2', names: ['0123456789ab', 'web'] }]).split('\n')
  expect(lines[0]).toBe('127.0.0.1\tlocalhost')
  expect(lines.at(-2)).toBe('172.30.0.2\t0123456789ab web')
  expect(lines.at(-1)).toBe('')
})
