import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Cleanup } from '../src/cleanup.ts'
import { output, run } from '../src/command.ts'
import { scratchDirectory } from '../src/scratch.ts'

const packages = fileURLToPath(new URL('../../', import.meta.url))

interface Manifest {
  readonly name: string
  readonly private?: boolean
}

describe('what is published', () => {
  const cleanup = new Cleanup()
  let project: string
  let names: readonly string[]

  beforeAll(async () => {
    const { path } = cleanup.use(await scratchDirectory('publish'))
    project = join(path, 'project')
    await mkdir(project)
    names = await publishedPackages()
    const tarballs = await Promise.all(names.map((name) => packInto(path, name)))
    const dependencies = Object.fromEntries(tarballs.map(({ name, file }) => [name, `file:../${file}`]))
    await writeFile(join(project, 'package.json'), JSON.stringify({ name: 'stranger', private: true, type: 'module', dependencies }))
    await output(['npm', 'install', '--no-audit', '--no-fund', '--prefer-offline'], { cwd: project, timeoutMs: 240_000 })
  })
  afterAll(() => cleanup[Symbol.asyncDispose]())

  it('is every package, and imports in an empty project outside the repository', async () => {
    const libraries = names.filter((name) => !name.startsWith('native-linux-'))
    const script = `for (const name of ${JSON.stringify(libraries)}) { const all = await import('@ct/' + name); if (Object.keys(all).length === 0) throw new Error(name) }; console.log('all')`
    expect(await output([process.execPath, '--input-type=module', '-e', script], { cwd: project })).toBe('all\n')
  })

  it('brings the commands, with their help', async () => {
    expect(await output(['npx', 'ct', '--help'], { cwd: project })).toMatch(/Usage:\s+ct/)
    expect(await output(['npx', 'ct-runc', '--help'], { cwd: project })).toMatch(/ct-runc/)
  })

  it('has the registry, which is a program file of its own', async () => {
    const root = join(project, 'registry')
    expect(await run(['npx', 'ct', 'registry', 'gc', '--root', root], { cwd: project })).toMatchObject({ exitCode: 125 })
    await mkdir(root)
    expect(await output(['npx', 'ct', 'registry', 'gc', '--root', root], { cwd: project })).toMatch(/^removed 0 manifests/)
    expect(await output(['npx', 'ct', 'registry', 'check', '--root', root], { cwd: project })).toBe('')
    expect(await run(['npx', 'ct', 'registry', 'serve', '--listen', 'nowhere'], { cwd: project })).toMatchObject({ exitCode: 125 })
  })

  it('decodes zstd, on Node 20 in a thread whose program is a file of its own', async () => {
    const script = `
      import { Readable } from 'node:stream'
      import { decompress } from '@ct/layerfs'
      const body = Readable.from([Buffer.from('28b52ffd005829000068656c6c6f', 'hex')])
      for await (const chunk of decompress(body)) process.stdout.write(chunk)`
    expect(await output([process.execPath, '--input-type=module', '-e', script], { cwd: project })).toBe('hello')
  })

  it('brings the helper for this processor only', async () => {
    const arch = process.arch
    const installed = (await readdir(join(project, 'node_modules/@ct'))).filter((name) => name.startsWith('native-linux-'))
    expect(installed).toEqual([`native-linux-${arch}`])
    const manifest = JSON.parse(await readFile(join(project, `node_modules/@ct/native-linux-${arch}/package.json`), 'utf8')) as Record<
      string,
      unknown
    >
    expect(manifest).toMatchObject({ os: ['linux'], cpu: [arch] })
  })

  it.skipIf(process.getuid?.() !== 0)('starts a container from there', async () => {
    const script = `
      import { mkdtempSync, mkdirSync } from 'node:fs'
      import { createRuntime, defaultSpec } from '@ct/runtime-linux'
      const directory = mkdtempSync('/var/tmp/ct-publish-run-')
      mkdirSync(directory + '/rootfs')
      const spec = defaultSpec({ args: ['/bin/sh', '-c', 'exit 23'] })
      const mounts = ['bin', 'lib', 'lib64', 'usr'].map((name) => ({ destination: '/' + name, type: 'bind', source: '/' + name, options: ['rbind', 'ro'] }))
      const runtime = createRuntime({ stateDirectory: directory + '/state' })
      const { supervisor } = await runtime.run('one', { rootfs: directory + '/rootfs', spec: { ...spec, mounts: [...spec.mounts, ...mounts] } })
      console.log((await supervisor.wait()).exitCode)
      await runtime.delete('one')`
    const { stdout, stderr } = await run([process.execPath, '--input-type=module', '-e', script], { cwd: project })
    expect({ stdout, stderr }).toEqual({ stdout: '23\n', stderr: '' })
  })
})

/** What this machine can publish: all but the helpers of other processors. */
async function publishedPackages(): Promise<readonly string[]> {
  const all = await Promise.all(
    (await readdir(packages)).map(async (name) => ({
      name,
      manifest: JSON.parse(await readFile(join(packages, name, 'package.json'), 'utf8')) as Manifest,
    })),
  )
  const foreign = (name: string): boolean => name.startsWith('native-linux-') && name !== `native-linux-${process.arch}`
  return all.filter(({ name, manifest }) => manifest.private !== true && !foreign(name)).map(({ name }) => name)
}

async function packInto(directory: string, name: string): Promise<{ readonly name: string; readonly file: string }> {
  const [{ filename }] = JSON.parse(
    await output(['npm', 'pack', '--json', '--pack-destination', directory], { cwd: join(packages, name) }),
  ) as [{ filename: string }]
  return { name: `@ct/${name}`, file: filename }
}
