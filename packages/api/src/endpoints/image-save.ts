import type { Endpoint } from '../endpoint.ts'

/** One image as an archive that load reads. */
export const imageSave = {
  method: 'GET',
  path: '/images/{name*}/get',
  summary: 'One image as an archive that load reads.',
  query: { platform: 'string' },
  answer: 'bytes',
} as const satisfies Endpoint
