import { expect, it } from 'vitest'
import { hostsFile } from '../src/index.ts'

it('a hosts file has the loopback names, then the entries', () => {
  const lines = hostsFile([{ address: '172.30.0.2', names: ['0123456789ab', 'web'] }]).split('\n')
  expect(lines[0]).toBe('127.0.0.1\tlocalhost')
  expect(lines.at(-2)).toBe('172.30.0.2\t0123456789ab web')
  expect(lines.at(-1)).toBe('')
})

it.each([
  [{ address: '10.0.0.2', names: ['web\n6.6.6.6 example.org'] }],
  [{ address: '10.0.0.2', names: ['two words'] }],
  [{ address: '10.0.0.2', names: ['web#'] }],
  [{ address: '10.0.0.2', names: [''] }],
  [{ address: '10.0.0.2\n6.6.6.6', names: ['web'] }],
  [{ address: 'web', names: ['web'] }],
])('refuses what would be more than one entry: %j', (entry) => {
  expect(() => hostsFile([entry])).toThrow(expect.objectContaining({ code: 'NETWORK_NAME_INVALID', kind: 'invalid' }))
})
