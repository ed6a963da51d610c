import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Cleanup } from '../src/cleanup.ts'
import { output } from '../src/command.ts'
import { Ct } from '../src/ct.ts'
import { debianArchive } from '../src/debian-image.ts'
import { havePeers, privateContainersCommand, startDockerd, startDockerRegistry } from '../src/peers.ts'
import { scratchDirectory } from '../src/scratch.ts'
import { differences, readOverlay, readTree } from '../src/tree.ts'

const ready = havePeers('mmdebstrap', 'buildah', 'skopeo', 'docker-registry', 'dockerd', 'docker', 'podman', 'runc', 'python3')

describe.skipIf(!ready)('a Debian image from a real registry', () => {
  const cleanup = new Cleanup()
  let ct: Ct
  let directory: string
  let image: string

  beforeAll(async () => {
    const scratch = cleanup.use(await scratchDirectory('debian-e2e'))
    directory = scratch.path
    const registry = await startDockerRegistry(directory)
    cleanup.use(registry.service)
    image = `${registry.host}/library/debian:ct`
    await output(['skopeo', 'copy', '--quiet', '--dest-tls-verify=false', `docker-archive:${await debianArchive()}`, `docker://${image}`])
    ct = cleanup.use(await Ct.start(directory))
  })
  afterAll(() => cleanup[Symbol.asyncDispose]())

  it('is pulled, layer by layer, with progress', async () => {
    const { exitCode, stdout, stderr } = await ct.run(['pull', image])
    expect(stderr).toBe('')
    expect(exitCode).toBe(0)
    expect(stdout.match(/: Pull complete$/gm)).toHaveLength(3)
    expect(stdout).toMatch(/^Digest: sha256:[0-9a-f]{64}$/m)
    expect(stdout).toMatch(/^Status: Downloaded newer image for /m)
  })

  it('is drawn as bars when pulled on a terminal', async () => {
    await ct.output(['rmi', '-f', image])
    const drawn = await output(['script', '-qefc', `stty rows 40 cols 120; ${ct.command('pull', image).join(' ')}`, '/dev/null'])
    expect(drawn).toMatch(/\d(\.\d+)? ?MB/)
    expect(drawn).toContain('Pull complete')
  })

  it.each([
    [['apt-get', '--version'], /^apt 2\.6/],
    [['cat', '/etc/os-release'], /VERSION_CODENAME=bookworm/],
    [['sh', '-c', 'ls /etc/debian_version 2>&1; ls /usr/share/doc; cat /srv'], /No such file[^\n]*\nonly\nwas-a-directory\n$/],
  ])('runs %j', async (args, expected) => {
    expect(await ct.output(['run', '--rm', '--network', 'none', image, ...args])).toMatch(expected)
  })

  it('runs as a user that the image names', async () => {
    const said = await ct.output([
      'run',
      '--rm',
      '--network',
      'none',
      '-u',
      'app',
      image,
      'sh',
      '-c',
      'id; echo $HOME; touch /root/x 2>&1 || true',
    ])
    expect(said).toContain('uid=1234(app) gid=1234(app)')
    expect(said).toContain('/home/app')
    expect(said).toContain('Permission denied')
  }, 30_000)

  it.each([
    ['its exit status', ['sh', '-c', 'exit 7'], 7],
    ['a signal as 128 + n', ['sh', '-c', 'sh -c "kill -SEGV \\$\\$"'], 139],
    ['127 when the command is missing', ['no-such-program'], 127],
    ['126 when it cannot be executed', ['/etc/passwd'], 126],
  ])('gives %s', async (_what, args, expected) => {
    expect((await ct.run(['run', '--rm', '--network', 'none', image, ...args])).exitCode).toBe(expected)
  })

  it('unpacks to the same tree, path by path, as docker and podman do', async () => {
    const container = (await ct.output(['create', image])).trim()
    const ours = await readOverlay(await lowerDirectories(ct.command('inspect', container)), `${directory}/ours`)

    const dockerd = await startDockerd(`${directory}/docker`)
    await using _dockerd = dockerd.service
    const docker = ['docker', '-H', dockerd.host]
    await output([...docker, 'pull', '-q', image])
    const theirs = await readOverlay(await lowerDirectories([...docker, 'image', 'inspect', image], true), `${directory}/theirs`)

    const podman = privateContainersCommand('podman', directory)
    await output([...podman, 'pull', '-q', '--tls-verify=false', image])
    const mounted = (await output([...podman, 'image', 'mount', image])).trim()
    const podmans = await readTree(mounted)
    await output([...podman, 'image', 'unmount', image])

    expect(ours.size).toBeGreaterThan(5000)
    expect(differences(ours, theirs)).toEqual([])
    expect(differences(ours, podmans)).toEqual([])
  })
})

/** Read-only layer directories, top first; a container's own has docker's init layer or nothing above the image. */
async function lowerDirectories(inspect: readonly string[], withUpper = false): Promise<readonly string[]> {
  const [{ GraphDriver }] = JSON.parse(await output(inspect)) as [{ GraphDriver: { Data: { LowerDir?: string; UpperDir: string } } }]
  const lower = GraphDriver.Data.LowerDir?.split(':') ?? []
  return withUpper ? [GraphDriver.Data.UpperDir, ...lower] : lower
}
