import { expect, it } from 'vitest'
import { isLoopback, isSafeStep } from '../src/options.ts'

it.each([
  ['https://registry.example/', 'https://storage.example/', true],
  ['https://registry.example/', 'http://storage.example/', false],
  ['https://registry.example/', 'http://127.0.0.1:2375/', false],
  ['http://127.0.0.1:5000/', 'https://storage.example/', true],
  ['http://127.0.0.1:5000/', 'http://127.0.0.1:5001/', true],
  ['http://127.0.0.1:5000/', 'http://storage.example/', false],
  ['http://127.0.0.1:5000/', 'file:///etc/passwd', false],
])('from %s to %s: %s', (from, to, isSafe) => {
  expect(isSafeStep(new URL(from), new URL(to), isLoopback)).toBe(isSafe)
})
