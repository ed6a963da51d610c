import { existsSync } from 'node:fs'
import { mkdir, rename } from 'node:fs/promises'
import { output } from './command.ts'
import { privateContainersCommand } from './peers.ts'
import { scratchDirectory } from './scratch.ts'

/** Kept between runs on one machine: bootstrapping takes half a minute. */
const cache = '/var/tmp/ct-e2e-cache'
const archive = `${cache}/debian-bookworm-v1.docker.tar`

const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
const STEPS = [
  'rm /etc/debian_version; rm -rf /usr/share/doc; mkdir /usr/share/doc; echo only >/usr/share/doc/only; useradd -u 1234 -m app',
  [
    'echo three >/etc/layer-three; ln /etc/layer-three /etc/layer-three-link; ln -s layer-three /etc/layer-three-symlink; mkfifo /var/fifo',
    'touch -d "2001-02-03 04:05:06.123456789" /etc/old; chmod 4755 /usr/bin/env; rm -r /srv; echo was-a-directory >/srv',
  ].join('; '),
]

/**
 * A Debian image of three layers, made by mmdebstrap and buildah, as a docker archive: a deletion, an opaque directory,
 * a directory replaced by a file, hard and symbolic links, a FIFO, a setuid program, a nanosecond time and a user.
 */
export async function debianArchive(): Promise<string> {
  if (existsSync(archive)) return archive
  await mkdir(cache, { recursive: true })
  await using scratch = await scratchDirectory('debian')
  const buildah = privateContainersCommand('buildah', scratch.path)
  await output(['mmdebstrap', '--variant=minbase', 'bookworm', `${scratch.path}/base.tar`], { timeoutMs: 280_000 })
  let image = await commit(buildah, 'scratch', async (container) => {
    await output([...buildah, 'add', container, `${scratch.path}/base.tar`, '/'])
    await output([...buildah, 'config', '--cmd', 'bash', '--env', `PATH=${PATH}`, container])
  })
  for (const step of STEPS) {
    image = await commit(buildah, image, async (container) => {
      await output([...buildah, 'run', '--isolation', 'chroot', container, '--', 'sh', '-c', step])
    })
  }
  await output([...buildah, 'push', image, `docker-archive:${scratch.path}/image.tar:debian:ct`])
  await rename(`${scratch.path}/image.tar`, archive)
  return archive
}

async function commit(buildah: readonly string[], from: string, change: (container: string) => Promise<void>): Promise<string> {
  const container = (await output([...buildah, 'from', '--pull-never', from])).trim()
  await change(container)
  const image = (await output([...buildah, 'commit', '--quiet', '--format', 'docker', '--rm', container])).trim()
  return image
}
