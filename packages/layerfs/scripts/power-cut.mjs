// Cuts the power of a small virtual machine, again and again, while it stores and unpacks images, and looks each time at what the disk
// then holds: no half layer may be visible, no blob damaged, and all that was done must be there.
//
//   node scripts/power-cut.mjs --kernel <vmlinuz> --modules <lib/modules/version> [--rounds <count>]
//
// Needs root, qemu-system-x86_64, mkfs.ext4, a static /bin/busybox, cpio or that of busybox, the built packages, and a kernel with ext4, such
// as the one of Debian's linux-image-cloud-amd64, unpacked (`dpkg -x`). The processor is emulated: a round takes a minute or more. The
// machine is ended with SIGKILL: all that its kernel had not written to the disk is lost, as in a power cut, but the disk itself
// has no cache to lose.
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const { values } = parseArgs({
  options: { kernel: { type: 'string' }, modules: { type: 'string' }, rounds: { type: 'string', default: '10' } },
})
if (values.kernel === undefined || values.modules === undefined) {
  console.error('usage: power-cut.mjs --kernel <vmlinuz> --modules <lib/modules/version> [--rounds <count>]')
  process.exit(2)
}

const packages = fileURLToPath(new URL('../../', import.meta.url))
const DISK_BYTES = 2 * 1024 ** 3
const BOOT_LIMIT_MS = 600_000
const MOST_WORK_MS = 15_000
const MODULES = ['fs/overlayfs/overlay.ko', 'drivers/block/virtio_blk.ko']

const INIT = `#!/bin/busybox sh
export PATH=/bin
mount -t proc proc /proc && mount -t sysfs sys /sys && mount -t devtmpfs dev /dev
for module in /modules/*; do insmod $module; done
mount -t ext4 /dev/vda /disk || echo ct problem disk "it cannot be mounted"
cd /work && node guest.mjs /disk
echo ct problem guest "it ended with $?"
poweroff -f
`

const directory = mkdtempSync(join(tmpdir(), 'ct-power-cut-'))
try {
  const [image, disk] = [makeInitramfs(), join(directory, 'disk')]
  writeFileSync(disk, '')
  truncateSync(disk, DISK_BYTES)
  execFileSync('mkfs.ext4', ['-q', disk])
  process.exitCode = (await cutOften(image, disk)) === 0 ? 0 : 1
} finally {
  rmSync(directory, { recursive: true, force: true })
}

/** Gives the number of problems. */
async function cutOften(image, disk) {
  const promised = new Set()
  let problems = 0
  for (let round = 0; round <= Number(values.rounds); round++) {
    const workMs = Math.round(Math.random() * MOST_WORK_MS)
    const { found, done, said, hasLooked } = await runUntilCut(image, disk, workMs)
    const lost = hasLooked ? [...promised].filter((name) => !found.has(name)) : []
    for (const name of lost) said.push(`lost ${name}`)
    for (const name of done) promised.add(name)
    problems += said.length
    console.log(`${round}: ${found.size} found, ${done.length} done, cut after ${workMs} ms${said.map((line) => `\n  ${line}`).join('')}`)
  }
  return problems
}

/** Boots, hears what the disk holds, and cuts the power some time later. */
async function runUntilCut(image, disk, workMs) {
  const machine = ['-machine', 'q35', '-accel', 'tcg,thread=multi', '-cpu', 'max', '-smp', '2', '-m', '2048']
  const quiet = ['-display', 'none', '-monitor', 'none', '-serial', 'stdio', '-no-reboot', '-nic', 'none']
  const drive = ['-drive', `file=${disk},format=raw,if=virtio,cache=writeback`]
  const boot = ['-kernel', resolve(values.kernel), '-initrd', image, '-append', 'console=ttyS0 quiet panic=-1']
  const child = spawn('qemu-system-x86_64', [...machine, ...quiet, ...drive, ...boot], { stdio: ['ignore', 'pipe', 'inherit'] })
  const closed = once(child, 'close')
  const result = { found: new Set(), done: [], said: [], hasLooked: false }
  let timer = setTimeout(() => child.kill('SIGKILL'), BOOT_LIMIT_MS)
  const last = []
  createInterface({ input: child.stdout }).on('line', (line) => {
    last.push(line)
    last.splice(0, last.length - 5)
    const [, word, name, rest] = /^ct (\S+) ?(\S*) ?(.*?)\r?$/.exec(line) ?? []
    if (word === 'problem') result.said.push(`${name}: ${rest}`)
    else if (word === 'blob' || word === 'snapshot') result.found.add(name)
    else if (word === 'stored' || word === 'unpacked') result.done.push(name)
    else if (word === 'looked') {
      result.hasLooked = true
      clearTimeout(timer)
      timer = setTimeout(() => child.kill('SIGKILL'), workMs)
    }
  })
  await closed
  clearTimeout(timer)
  if (!result.hasLooked) result.said.push('the machine did not come so far, but said', ...last)
  return result
}

/** Node, busybox, the packages and the guest's program. */
function makeInitramfs() {
  const root = join(directory, 'root')
  for (const name of ['bin', 'proc', 'sys', 'dev', 'tmp', 'disk', 'modules', 'work/node_modules/@ct'])
    mkdirSync(join(root, name), { recursive: true })
  cpSync('/bin/busybox', join(root, 'bin/busybox'))
  for (const applet of execFileSync('/bin/busybox', ['--list'], { encoding: 'utf8' }).split('\n')) {
    if (applet !== '' && applet !== 'busybox') symlinkSync('busybox', join(root, 'bin', applet))
  }
  cpSync(process.execPath, join(root, 'bin/node'), { dereference: true })
  addLibraries(root, process.execPath)
  for (const module of MODULES) addModule(root, join(values.modules, 'kernel', module))
  for (const name of ['errors', 'native', `native-linux-${process.arch}`, 'image', 'layerfs']) {
    const to = join(root, 'work/node_modules/@ct', name)
    for (const part of readdirSync(join(packages, name)).filter((entry) => ['package.json', 'dist', 'bin'].includes(entry)))
      cpSync(join(packages, name, part), join(to, part), { recursive: true, dereference: true })
  }
  cpSync(join(packages, '../node_modules/zstddec'), join(root, 'work/node_modules/zstddec'), { recursive: true })
  cpSync(new URL('power-cut-guest.mjs', import.meta.url), join(root, 'work/guest.mjs'))
  writeFileSync(join(root, 'init'), INIT, { mode: 0o755 })
  const image = join(directory, 'initramfs')
  const cpio = existsSync('/usr/bin/cpio') || existsSync('/bin/cpio') ? 'cpio' : '/bin/busybox cpio'
  execFileSync('sh', ['-c', `cd "$1" && find . | ${cpio} -o -H newc > "$2" 2>/dev/null`, 'sh', root, image])
  rmSync(root, { recursive: true })
  return image
}

/** Copies the libraries that a program is linked to. */
function addLibraries(root, from) {
  for (const [, library] of execFileSync('ldd', [from], { encoding: 'utf8' }).matchAll(/(\/\S+) \(0x/g)) {
    mkdirSync(join(root, dirname(library)), { recursive: true })
    cpSync(library, join(root, library), { dereference: true })
  }
}

/** Copies a module of the kernel, decompressed; one that is built in is no file. */
function addModule(root, path) {
  const to = join(root, 'modules', path.slice(path.lastIndexOf('/') + 1))
  if (existsSync(path)) cpSync(path, to)
  else if (existsSync(`${path}.xz`)) writeFileSync(to, execFileSync('/bin/busybox', ['xzcat', `${path}.xz`], { maxBuffer: 1 << 26 }))
}
