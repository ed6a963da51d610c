import type { Endpoint } from '../endpoint.ts'

/** Images as one archive that load reads. */
export const imageSaveMany = {
  method: 'GET',
  path: '/images/get',
  summary: 'Images as one archive that load reads.',
  query: { names: 'strings', platform: 'string' },
  answer: 'bytes',
} as const satisfies Endpoint
