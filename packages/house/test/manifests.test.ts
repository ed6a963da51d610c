import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { allPackages, libraryPackages, readText } from '../src/workspace.ts'

const HEADINGS = ['Install', 'Example', 'API', 'Errors', 'Dependencies and why']
const packages = libraryPackages().map((item) => [item.name, item] as const)

describe('manifests', () => {
  it.each(packages)('%s has the shape of the house', (name, { directory, manifest }) => {
    const testing = existsSync(join(directory, 'src/testing'))
    expect(manifest).toMatchObject({ name: `@ct/${name}`, license: 'Apache-2.0', type: 'module', engines: { node: '>=20.19' } })
    expect(manifest.description).toMatch(/\.$/)
    expect(Object.keys(manifest.exports ?? {}).sort()).toEqual(['.', ...(testing ? ['./testing'] : []), './package.json'].sort())
    expect(manifest.files).toEqual(['dist'])
  })

  it('all packages carry one version, and depend on each other by it', () => {
    const versions = new Map(allPackages().map(({ manifest }) => [manifest.name, manifest.version]))
    const wrong = libraryPackages().flatMap(({ manifest }) =>
      Object.entries({ ...manifest.dependencies, ...manifest.optionalDependencies })
        .filter(([name, range]) => name.startsWith('@ct/') && range !== versions.get(name))
        .map(([name, range]) => `${manifest.name}: ${name}@${range}`),
    )
    expect(wrong).toEqual([])
  })

  it.each(packages)('%s has a README with the headings of the house', (name, item) => {
    const readme = existsSync(join(item.directory, 'README.md')) ? readText(item, 'README.md') : ''
    expect(readme.split('\n')[0]).toBe(`# @ct/${name}`)
    const headings = Array.from(readme.matchAll(/^## (.+)$/gm), ([, heading]) => heading)
    expect(HEADINGS.filter((heading) => !headings.includes(heading))).toEqual([])
  })

  it.each(packages)('%s justifies every runtime dependency in its README', (_name, item) => {
    const readme = existsSync(join(item.directory, 'README.md')) ? readText(item, 'README.md') : ''
    const section = readme.split('## Dependencies and why')[1] ?? ''
    expect(Object.keys(item.manifest.dependencies ?? {}).filter((dependency) => !section.includes(`\`${dependency}\``))).toEqual([])
  })
})
