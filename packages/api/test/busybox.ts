import { copyFileSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const PROGRAMS = ['cat', 'dd', 'echo', 'env', 'false', 'head', 'id', 'ls', 'ps', 'rm', 'sh', 'sleep', 'stty', 'touch', 'true', 'yes']

/** Fills a directory with the root file system of a small image: this machine's static busybox. */
export function busyboxDirectory(directory: string): string {
  for (const name of ['bin', 'etc', 'tmp', 'dev', 'proc', 'sys']) mkdirSync(join(directory, name))
  copyFileSync('/bin/busybox', join(directory, 'bin/busybox'))
  for (const name of PROGRAMS) symlinkSync('busybox', join(directory, 'bin', name))
  writeFileSync(join(directory, 'etc/passwd'), 'root:x:0:0:root:/:/bin/sh\n')
  writeFileSync(join(directory, 'etc/group'), 'root:x:0:\n')
  return directory
}
