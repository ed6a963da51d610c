import { cp, mkdir, rm, writeFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Cleanup } from '../src/cleanup.ts'
import { output, run } from '../src/command.ts'
import { CT } from '../src/ct.ts'
import { startCtRegistry } from '../src/ct-registry.ts'
import { debianArchive } from '../src/debian-image.ts'
import { type GuardedRegistry, startGuardedRegistry } from '../src/guarded-registry.ts'
import { havePeers, privateContainersCommand, startDockerd } from '../src/peers.ts'
import { scratchDirectory } from '../src/scratch.ts'

describe.skipIf(!havePeers('mmdebstrap', 'buildah', 'skopeo', 'podman', 'dockerd', 'docker', 'openssl'))('our registry', () => {
  const cleanup = new Cleanup()
  let directory: string
  let docker: readonly string[]

  beforeAll(async () => {
    directory = cleanup.use(await scratchDirectory('registry')).path
    const dockerd = await startDockerd(`${directory}/docker`)
    cleanup.use(dockerd.service)
    docker = ['docker', '--config', `${directory}/docker-config`, '-H', dockerd.host]
  })
  afterAll(() => cleanup[Symbol.asyncDispose]())

  describe('on loopback, open to all', () => {
    let archive: string
    let host: string
    beforeAll(async () => {
      archive = await debianArchive()
      const registry = await startCtRegistry(directory)
      cleanup.use(registry.service)
      host = registry.host
    })

    it('is pushed to and pulled from by skopeo', async () => {
      const image = `docker://${host}/skopeo/debian:ct`
      await output(['skopeo', 'copy', '--quiet', '--dest-tls-verify=false', `docker-archive:${archive}`, image])
      await output(['skopeo', 'copy', '--quiet', '--src-tls-verify=false', image, `dir:${directory}/copied`])
      expect(JSON.parse(await output(['skopeo', 'list-tags', '--tls-verify=false', `docker://${host}/skopeo/debian`]))).toMatchObject({
        Tags: ['ct'],
      })
    })

    it('is pushed to and pulled from by docker', async () => {
      const image = `${host}/docker/debian:ct`
      await output([...docker, 'load', '-q', '-i', archive])
      await output([...docker, 'tag', 'debian:ct', image])
      await output([...docker, 'push', '-q', image])
      await output([...docker, 'rmi', image, 'debian:ct'])
      expect(await output([...docker, 'pull', '-q', image])).toContain(image)
    })

    it('is pushed to and pulled from by podman', async () => {
      const podman = privateContainersCommand('podman', directory)
      const image = `${host}/podman/debian:ct`
      await output([...podman, 'pull', '-q', `docker-archive:${archive}`])
      await output([...podman, 'push', '-q', '--tls-verify=false', 'docker.io/library/debian:ct', image])
      await output([...podman, 'rmi', '-a', '-f'])
      expect(await output([...podman, 'pull', '-q', '--tls-verify=false', image])).toMatch(/^[0-9a-f]{64}\n$/)
    })
  })

  describe('with accounts, tokens and TLS', () => {
    let archive: string
    let registry: GuardedRegistry
    let made: string
    beforeAll(async () => {
      archive = `${directory}/small.tar`
      await output([...CT, 'pack', '--name', 'small:ct', '--output', archive, 'sh'])
      registry = await startGuardedRegistry(directory)
      cleanup.use(registry.service)
      // The one place where dockerd looks; the port makes it ours.
      const place = `/etc/docker/certs.d/${registry.host}`
      made = (await mkdir(place, { recursive: true })) ?? place
      await cp(registry.certificates, place, { recursive: true })
    })
    afterAll(() => rm(made, { recursive: true }))

    const login = (command: readonly string[], flags: readonly string[] = []) =>
      run([...command, 'login', ...flags, '-u', registry.user, '--password-stdin', registry.host], { input: registry.password })

    it('lets docker log in, push and pull, and nobody without an account', async () => {
      const image = `${registry.host}/docker/small:ct`
      await output([...docker, 'load', '-q', '-i', archive])
      await output([...docker, 'tag', 'small:ct', image])
      const refused = await run([...docker, 'push', '-q', image])
      expect([refused.exitCode, refused.stderr]).toEqual([1, expect.stringMatching(/unauthorized|denied|no basic auth/i)])
      expect(await login(docker)).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('Login Succeeded') })
      await output([...docker, 'push', '-q', image])
      await output([...docker, 'rmi', image, 'small:ct'])
      expect(await output([...docker, 'pull', '-q', image])).toContain(image)
      const wrong = { input: 'a guess' }
      expect(await run([...docker, 'login', '-u', registry.user, '--password-stdin', registry.host], wrong)).toMatchObject({
        exitCode: 1,
        stderr: expect.stringContaining('unauthorized'),
      })
    })

    it.each(['podman', 'buildah'] as const)('lets %s log in, push and pull', async (program) => {
      const command = privateContainersCommand(program, directory)
      const authfile = `${directory}/${program}-auth.json`
      await writeFile(authfile, '{}')
      const access = ['--authfile', authfile, '--cert-dir', registry.certificates]
      const image = `${registry.host}/${program}/small:ct`
      const id = (await output([...command, 'pull', '-q', `docker-archive:${archive}`])).trim()
      const push = [...command, 'push', '-q', ...access, id, image]
      expect(await run(push)).toMatchObject({
        exitCode: 125,
        stderr: expect.stringMatching(/unauthorized|authentication required|denied/i),
      })
      expect(await login(command, access)).toMatchObject({ exitCode: 0 })
      await output(push)
      await output([...command, 'rmi', '-a', '-f'])
      expect(await output([...command, 'pull', '-q', ...access, image])).toMatch(/^[0-9a-f]{64}\n$/)
    })

    it('lets skopeo log in, push, inspect and delete', async () => {
      const auth = ['--authfile', `${directory}/skopeo-auth.json`]
      const image = `docker://${registry.host}/skopeo/small:ct`
      expect(await login(['skopeo'], [...auth, '--cert-dir', registry.certificates])).toMatchObject({ exitCode: 0 })
      const copy = ['skopeo', 'copy', '--quiet', ...auth, `docker-archive:${archive}`, image]
      await mkdir(`${directory}/strangers`)
      const strangers = await run([...copy, '--dest-cert-dir', `${directory}/strangers`])
      expect(strangers).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('x509') })
      await output([...copy, '--dest-cert-dir', registry.certificates])
      const inspected = await output(['skopeo', 'inspect', ...auth, '--cert-dir', registry.certificates, image])
      expect(JSON.parse(inspected)).toMatchObject({ RepoTags: ['ct'], Architecture: expect.any(String) })
      await output(['skopeo', 'delete', ...auth, '--cert-dir', registry.certificates, image])
      expect((await run(['skopeo', 'inspect', ...auth, '--cert-dir', registry.certificates, image])).exitCode).toBe(1)
    })
  })
})
