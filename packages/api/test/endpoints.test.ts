import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { Endpoint } from '../src/endpoint.ts'
import * as api from '../src/index.ts'
import { ROUTES } from '../src/routes.ts'

const files = readdirSync(new URL('../src/endpoints', import.meta.url)).sort()
const camelCase = (file: string): string => file.replace(/\.ts$/, '').replace(/-(.)/g, (_dash, letter: string) => letter.toUpperCase())
const exported = new Map(Object.entries(api).flatMap(([name, value]) => (isEndpoint(value) ? [[name, value] as const] : [])))

function isEndpoint(value: unknown): value is Endpoint {
  return typeof value === 'object' && value !== null && 'method' in value && 'path' in value
}

describe('endpoints', () => {
  it('are one file, one export and one route each', () => {
    const names = files.map(camelCase)
    expect([...exported.keys()].sort()).toEqual([...names].sort())
    expect(ROUTES.map(({ endpoint }) => [...exported].find(([, value]) => value === endpoint)?.[0])).toEqual(names)
  })

  it('have a route of their own', () => {
    const routes = ROUTES.map(({ endpoint: { method, path } }) => `${method} ${path}`)
    expect(new Set(routes).size).toBe(routes.length)
  })

  it('are all in ENDPOINTS.md (node packages/api/scripts/docs.mjs writes it)', async () => {
    const { endpointsPage } = await import(new URL('../scripts/docs.mjs', import.meta.url).href)
    expect(readFileSync(new URL('../ENDPOINTS.md', import.meta.url), 'utf8')).toBe(endpointsPage(api))
  })
})
