import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A throw-away root file system with busybox and a user, `rootfs` in a bundle directory. */
export interface BusyboxRoot extends Disposable {
  readonly directory: string
  readonly rootfs: string
}

const APPLETS = 'sh true false cat echo sleep id hostname mount ls ps kill stty dd head env pwd mknod umount touch wc grep tail'

/** Makes a root file system of the machine's static busybox. */
export function makeBusyboxRoot(): BusyboxRoot {
  const directory = mkdtempSync(join(tmpdir(), 'ct-runtime-'))
  const rootfs = join(directory, 'rootfs')
  for (const name of ['bin', 'etc', 'tmp', 'proc', 'sys', 'dev', 'home/ada']) mkdirSync(join(rootfs, name), { recursive: true })
  copyFileSync('/bin/busybox', join(rootfs, 'bin/busybox'))
  chmodSync(directory, 0o755)
  chmodSync(join(rootfs, 'bin/busybox'), 0o755)
  for (const applet of APPLETS.split(' ')) symlinkSync('busybox', join(rootfs, 'bin', applet))
  writeFileSync(join(rootfs, 'etc/passwd'), 'root:x:0:0:root:/root:/bin/sh\nada:x:1815:1815::/home/ada:/bin/sh\n')
  writeFileSync(join(rootfs, 'etc/group'), 'root:x:0:\nada:x:1815:\nengines:x:42:ada\n')
  writeFileSync(join(rootfs, 'etc/not-executable'), 'text\n')
  writeFileSync(join(rootfs, 'bin/not-a-program'), 'text\n', { mode: 0o755 })
  return { directory, rootfs, [Symbol.dispose]: () => rmSync(directory, { recursive: true, force: true }) }
}
