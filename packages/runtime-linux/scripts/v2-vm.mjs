// Boots a small virtual machine whose cgroups are all of version 2 (or, with `--cgroups v1`, all of version 1; with `hybrid`,
// with a tree of version 2 without controllers beside them), runs the kernel tests of this package there, and ends as they do. Machines with the hybrid layout cannot show the controllers
// of version 2, which belong to one hierarchy at a time.
//
//   node scripts/v2-vm.mjs --kernel <vmlinuz> [--modules <directory>] [--cgroups v1|v2|hybrid] [--systemd] [--limit <seconds>] [tests...]
//
// Needs root, qemu-system-x86_64 (apt: qemu-system-x86), a static /bin/busybox, cpio or that of busybox, the built packages,
// and a kernel, such as the one of Debian's linux-image-cloud-amd64, unpacked (`dpkg -x`); `--modules` is its
// lib/modules/<version>. The processor is emulated, so no /dev/kvm is needed, and a run takes minutes: the limit is 20 of
// them by default. Everything the machine has is one initramfs: Node, the tests and what they import; with `--systemd` also this
// machine's systemd and dbus-daemon, which then start it all, a user 1000 whose manager `systemctl start user@1000` starts, and
// podman where it is installed (apt: podman uidmap).
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    kernel: { type: 'string' },
    modules: { type: 'string' },
    cgroups: { type: 'string', default: 'v2' },
    limit: { type: 'string', default: '1200' },
    systemd: { type: 'boolean', default: false },
  },
})
if (values.kernel === undefined || !['v1', 'v2', 'hybrid'].includes(values.cgroups)) {
  console.error(
    'usage: v2-vm.mjs --kernel <vmlinuz> [--modules <directory>] [--cgroups v1|v2|hybrid] [--systemd] [--limit <seconds>] [tests...]',
  )
  process.exit(2)
}

const repository = fileURLToPath(new URL('../../../', import.meta.url))
const tests = positionals.length > 0 ? positionals : ['packages/runtime-linux/test']
const MEMORY_MIB = 3072
const STATUS = 'ct-vm ended with '

/** Tools of the workspace that no test imports; the rest of node_modules is small. */
const LEFT_OUT = ['@biomejs', '@turbo', 'turbo', 'typescript', '@arethetypeswrong', 'prettier', 'zod', 'knip', 'publint', '.cache']
/** Loads profiles (apt: apparmor); without it those tests fail. */
const APPARMOR_PARSER = '/sbin/apparmor_parser'
/** Modules that tests use, those that others need first. */
const MODULES = ['fs/overlayfs/overlay.ko', 'drivers/block/loop.ko', 'net/sched/cls_cgroup.ko']

/** The first program: moves from the initramfs, out of which no process can pivot, to a file system of its own. */
const INIT = `#!/bin/busybox sh
/bin/busybox mount -t tmpfs -o size=80% root /tmp
cd / && for name in bin etc lib lib64 usr modules work; do [ -e $name ] && cp -a $name /tmp/; done
mkdir -p /tmp/proc /tmp/sys /tmp/dev /tmp/tmp /tmp/root /tmp/run
if [ -e /tmp/bin/systemd ]; then exec switch_root /tmp /bin/systemd; fi
exec switch_root /tmp /bin/run-tests
`

/** Mounts what a machine has, runs the tests, tells their status and turns the machine off. */
const RUN_TESTS = `#!/bin/busybox sh
export PATH=/bin HOME=/root
if [ ! -d /run/systemd/system ]; then
  mount -t proc proc /proc && mount -t sysfs sys /sys && mount -t devtmpfs dev /dev
  mkdir -p /dev/pts /dev/shm && mount -t devpts -o ptmxmode=666 pts /dev/pts && mount -t tmpfs shm /dev/shm
  ln -s /proc/self/fd /dev/fd
  mount -t securityfs security /sys/kernel/security
fi
for module in overlay loop cls_cgroup; do [ -e /modules/$module.ko ] && insmod /modules/$module.ko; done
if [ -d /run/systemd/system ]; then
  echo "started by $(systemctl --version | head -n 1)"
elif grep -q -E 'ct.cgroups=(v1|hybrid)' /proc/cmdline; then
  mount -t tmpfs cgroup /sys/fs/cgroup
  grep -q ct.cgroups=hybrid /proc/cmdline && mkdir /sys/fs/cgroup/unified && mount -t cgroup2 cgroup /sys/fs/cgroup/unified
  for name in cpu,cpuacct cpuset memory pids devices freezer blkio hugetlb net_cls,net_prio rdma; do
    mkdir -p /sys/fs/cgroup/$name && mount -t cgroup -o $name cgroup /sys/fs/cgroup/$name
  done
else
  mount -t cgroup2 cgroup /sys/fs/cgroup
fi
ip link set lo up
tests=$(sed 's/.*ct.tests=\\([^ ]*\\).*/\\1/' /proc/cmdline | tr , ' ')
echo "kernel $(uname -r), cgroups: $(grep -c ' - cgroup ' /proc/self/mountinfo) hierarchies of version 1, $(cat /sys/fs/cgroup/cgroup.controllers 2>/dev/null)"
cd /work
{
  node node_modules/vitest/vitest.mjs run --project kernel${values.systemd ? ' --project vm' : ''} --reporter verbose --test-timeout 120000 --hook-timeout 120000 $tests
  echo "${STATUS}$?"
} 2>&1 | cat
poweroff -f
`

/** The programs of systemd that the tests need, and what it starts: the bus, then the tests. */
const SYSTEMD_PROGRAMS = ['/lib/systemd/systemd', '/bin/systemctl', '/usr/bin/dbus-daemon']
/** An engine that a user may run without root, with what it needs. */
const ROOTLESS_ENGINE = ['/usr/bin/podman', '/usr/bin/conmon', '/usr/bin/newuidmap', '/usr/bin/newgidmap']
/** Tells systemd, at this path, of cgroups of version 1 that are empty. */
const CGROUPS_AGENT = '/lib/systemd/systemd-cgroups-agent'
const DBUS = '/bin/dbus-daemon --address=systemd: --nofork --nopidfile --systemd-activation'
const DBUS_SERVICE = '[Unit]\nDefaultDependencies=no\nRequires=dbus.socket\n[Service]\nType=notify\nNotifyAccess=main\n'
const UNITS = {
  'default.target': '[Unit]\nRequires=dbus.socket\nWants=run-tests.service\n',
  'dbus.socket': '[Unit]\nDefaultDependencies=no\n[Socket]\nListenStream=/run/dbus/system_bus_socket\n',
  'dbus.service': `${DBUS_SERVICE}ExecStart=${DBUS} --system\n`,
  'user@.service':
    '[Unit]\nDefaultDependencies=no\n[Service]\nType=notify\nUser=%i\nSlice=user-%i.slice\nDelegate=pids memory cpu\nKillMode=mixed\nTimeoutStopSec=3\n' +
    'Environment=HOME=/tmp XDG_RUNTIME_DIR=/run/user/%i\nExecStartPre=+/bin/mkdir -p /run/user/%i\nExecStartPre=+/bin/chown %i:%i /run/user/%i\n' +
    'ExecStart=/bin/systemd --user\n',
  'run-tests.service':
    '[Unit]\nDefaultDependencies=no\nAfter=dbus.socket\n[Service]\nType=exec\nExecStart=/bin/run-tests\n' +
    'StandardOutput=file:/dev/ttyS0\nStandardError=inherit\n',
}

/** Units of the user's manager, which has a bus, too. */
const USER_UNITS = {
  'default.target': '[Unit]\nRequires=dbus.socket\n',
  'dbus.socket': '[Unit]\nDefaultDependencies=no\n[Socket]\nListenStream=%t/bus\n',
  'dbus.service': `${DBUS_SERVICE}ExecStart=${DBUS} --session\n`,
}

const directory = mkdtempSync(join(tmpdir(), 'ct-vm-'))
try {
  const root = join(directory, 'root')
  fill(root)
  const image = join(directory, 'initramfs')
  execFileSync('sh', ['-c', `cd "$1" && find . | ${cpio()} -o -H newc > "$2" 2>/dev/null`, 'sh', root, image])
  rmSync(root, { recursive: true })
  process.exitCode = await boot(image)
} finally {
  rmSync(directory, { recursive: true, force: true })
}

/** Lays out the machine's only file system. */
function fill(root) {
  for (const name of ['bin', 'proc', 'sys', 'dev', 'tmp', 'root', 'etc', 'run', 'modules', 'work'])
    mkdirSync(join(root, name), { recursive: true })
  cpSync('/bin/busybox', join(root, 'bin/busybox'))
  for (const applet of execFileSync('/bin/busybox', ['--list'], { encoding: 'utf8' }).split('\n')) {
    if (applet !== '' && applet !== 'busybox') symlinkSync('busybox', join(root, 'bin', applet))
  }
  writeFileSync(join(root, 'etc/passwd'), 'root:x:0:0:root:/root:/bin/sh\n')
  writeFileSync(join(root, 'etc/group'), 'root:x:0:\n')
  addProgram(root, process.execPath)
  if (existsSync(APPARMOR_PARSER)) addProgram(root, APPARMOR_PARSER)
  if (values.systemd) addSystemd(root)
  for (const module of MODULES) addModule(root, join(values.modules ?? '/none', 'kernel', module))
  addWorkspace(join(root, 'work'))
  const modules = readdirSync(join(root, 'work/node_modules'), { recursive: true }).filter((path) => path.endsWith('gnu.node'))
  for (const path of modules) addLibraries(root, join(root, 'work/node_modules', path))
  writeFileSync(join(root, 'init'), INIT, { mode: 0o755 })
  writeFileSync(join(root, 'bin/run-tests'), RUN_TESTS, { mode: 0o755 })
}

/** Copies a module of the kernel, decompressed; one that is built in, or that the kernel has not, is no file. */
function addModule(root, path) {
  const to = join(root, 'modules', basename(path))
  if (existsSync(path)) cpSync(path, to)
  else if (existsSync(`${path}.xz`)) writeFileSync(to, execFileSync('/bin/busybox', ['xzcat', `${path}.xz`], { maxBuffer: 1 << 26 }))
}

function addSystemd(root) {
  for (const path of SYSTEMD_PROGRAMS) addProgram(root, path)
  mkdirSync(join(root, 'lib/systemd'), { recursive: true })
  for (const path of ROOTLESS_ENGINE.filter(existsSync)) addProgram(root, path)
  for (const name of ['newuidmap', 'newgidmap']) if (existsSync(join(root, 'bin', name))) chmodSync(join(root, 'bin', name), 0o4755)
  for (const name of ['subuid', 'subgid']) writeFileSync(join(root, 'etc', name), 'user:100000:65536\n')
  mkdirSync(join(root, 'etc/containers'))
  writeFileSync(join(root, 'etc/containers/policy.json'), '{"default":[{"type":"insecureAcceptAnything"}]}')
  cpSync(CGROUPS_AGENT, join(root, CGROUPS_AGENT))
  addLibraries(root, CGROUPS_AGENT)
  for (const [kind, units] of [
    ['system', UNITS],
    ['user', USER_UNITS],
  ]) {
    mkdirSync(join(root, 'etc/systemd', kind), { recursive: true })
    for (const [name, text] of Object.entries(units)) writeFileSync(join(root, 'etc/systemd', kind, name), text)
  }
  for (const name of ['session.conf', 'system.conf', 'system.d'])
    cpSync(join('/usr/share/dbus-1', name), join(root, 'usr/share/dbus-1', name), { recursive: true })
  writeFileSync(join(root, 'etc/passwd'), 'messagebus:x:100:100::/:/bin/false\nuser:x:1000:1000::/tmp:/bin/sh\n', { flag: 'a' })
  writeFileSync(join(root, 'etc/group'), 'messagebus:x:100:\nuser:x:1000:\n', { flag: 'a' })
}

function addProgram(root, path) {
  cpSync(path, join(root, 'bin', basename(path)), { dereference: true })
  addLibraries(root, path)
}

/** Copies the libraries that a program or a native module is linked to. */
function addLibraries(root, from) {
  for (const [, library] of execFileSync('ldd', [from], { encoding: 'utf8' }).matchAll(/(\/\S+) \(0x/g)) {
    mkdirSync(join(root, dirname(library)), { recursive: true })
    cpSync(library, join(root, library), { dereference: true })
  }
}

function addWorkspace(work) {
  for (const file of ['package.json', 'vitest.config.ts', 'tsconfig.json', 'tsconfig.base.json', 'tsup.base.ts'])
    cpSync(join(repository, file), join(work, file))
  for (const name of ['errors', 'native', `native-linux-${process.arch}`, 'runtime-linux', 'seccomp', 'systemd']) {
    cpSync(join(repository, 'packages', name), join(work, 'packages', name), { recursive: true })
  }
  for (const name of readdirSync(join(repository, 'node_modules')).filter((entry) => !LEFT_OUT.includes(entry))) {
    cpSync(join(repository, 'node_modules', name), join(work, 'node_modules', name), { recursive: true, verbatimSymlinks: true })
  }
}

function cpio() {
  return existsSync('/usr/bin/cpio') || existsSync('/bin/cpio') ? 'cpio' : '/bin/busybox cpio'
}

/** Starts the machine, prints what it prints, and answers the status that it ends with. */
async function boot(image) {
  const machine = ['-machine', 'q35', '-accel', 'tcg,thread=multi', '-cpu', 'max', '-smp', '2', '-m', String(MEMORY_MIB)]
  const version = values.cgroups === 'v2' ? 'cgroup_no_v1=all' : `ct.cgroups=${values.cgroups}`
  const legacy = values.cgroups === 'v1' ? 1 : 0
  const forSystemd = `systemd.unified_cgroup_hierarchy=${values.cgroups === 'v2' ? 1 : 0} systemd.legacy_systemd_cgroup_controller=${legacy}`
  const line = `console=ttyS0 quiet panic=-1 hugepagesz=2M hugepages=4 ct.tests=${tests.join(',')} ${version} ${forSystemd}`
  const quiet = ['-display', 'none', '-monitor', 'none', '-serial', 'stdio', '-no-reboot', '-nic', 'none']
  const child = spawn('qemu-system-x86_64', [...machine, ...quiet, '-kernel', resolve(values.kernel), '-initrd', image, '-append', line], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const timer = setTimeout(() => child.kill('SIGKILL'), Number(values.limit) * 1000)
  let output = ''
  child.stdout.on('data', (chunk) => {
    process.stdout.write(chunk)
    output += chunk
  })
  const [, signal] = await once(child, 'close')
  clearTimeout(timer)
  if (signal !== null) console.error(`the machine was ended after ${values.limit} s`)
  const status = new RegExp(`${STATUS}(\\d+)`).exec(output)?.[1]
  return status === undefined ? 1 : Number(status)
}
