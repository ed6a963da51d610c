import type { Engine } from '@ct/engine'
import { expect, it } from 'vitest'
import { serve } from '../../src/index.ts'

it.each([
  ['POST', '/images/load?platform={}'],
  ['GET', '/images/get?names=a&platform={}'],
  ['GET', '/images/a/get?platform={}'],
  ['GET', '/images/a/history?platform={}'],
  ['POST', '/images/a/push?platform={}'],
  ['DELETE', '/images/a?platforms={}'],
])('%s %s is refused rather than done for another platform', async (method, target) => {
  await using daemon = await serve({} as Engine, { listen: ['tcp://127.0.0.1:0'] })
  const answer = await fetch(`${daemon.addresses[0]?.replace('tcp:', 'http:')}${target}`, { method })
  expect([answer.status, await answer.json()]).toMatchObject([501, { ctCode: 'API_NOT_BUILT' }])
})
