import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { exportedNames } from '../src/functions.ts'
import { libraryPackages, readText, repository } from '../src/workspace.ts'

const packages = libraryPackages().map((item) => [item.name, item] as const)
const frozen = JSON.parse(readFileSync(join(repository, 'packages/house/surface.json'), 'utf8')) as Record<string, readonly string[]>

describe('surface', () => {
  it.each(packages)('%s exports exactly the frozen list (npm run surface rewrites it)', (name, item) => {
    expect([...exportedNames(readText(item, 'src/index.ts'))].sort()).toEqual(frozen[name])
  })

  it.each(packages)("%s: the README's API section names every value it exports", (_name, item) => {
    const readme = existsSync(join(item.directory, 'README.md')) ? readText(item, 'README.md') : ''
    const values = exportedNames(readText(item, 'src/index.ts')).filter((exported) => !exported.startsWith('type '))
    expect(values.filter((exported) => !readme.includes(exported))).toEqual([])
  })
})
