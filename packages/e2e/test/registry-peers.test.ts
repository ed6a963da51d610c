import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Cleanup } from '../src/cleanup.ts'
import { output } from '../src/command.ts'
import { startCtRegistry } from '../src/ct-registry.ts'
import { debianArchive } from '../src/debian-image.ts'
import { havePeers, privateContainersCommand, startDockerd } from '../src/peers.ts'
import { scratchDirectory } from '../src/scratch.ts'

describe.skipIf(!havePeers('mmdebstrap', 'buildah', 'skopeo', 'podman', 'dockerd', 'docker'))('our registry', () => {
  const cleanup = new Cleanup()
  let directory: string
  let archive: string
  let host: string

  beforeAll(async () => {
    directory = cleanup.use(await scratchDirectory('registry')).path
    archive = await debianArchive()
    const registry = await startCtRegistry(directory)
    cleanup.use(registry.service)
    host = registry.host
  })
  afterAll(() => cleanup[Symbol.asyncDispose]())

  it('is pushed to and pulled from by skopeo', async () => {
    const image = `docker://${host}/skopeo/debian:ct`
    await output(['skopeo', 'copy', '--quiet', '--dest-tls-verify=false', `docker-archive:${archive}`, image])
    await output(['skopeo', 'copy', '--quiet', '--src-tls-verify=false', image, `dir:${directory}/copied`])
    expect(JSON.parse(await output(['skopeo', 'list-tags', '--tls-verify=false', `docker://${host}/skopeo/debian`]))).toMatchObject({
      Tags: ['ct'],
    })
  })

  it('is pushed to and pulled from by docker', async () => {
    const dockerd = await startDockerd(`${directory}/docker`)
    await using _service = dockerd.service
    const docker = ['docker', '-H', dockerd.host]
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
