import { existsSync, mkdirSync, rmSync } from 'node:fs'
import { hasErrno } from '@ct/errors'
import type { Container } from '@ct/runtime-linux'
import { EngineError } from '../errors.ts'
import { connectContainer, disconnectContainer, tellPeers } from '../networks/connect-container.ts'
import { writeNetworkFiles } from '../networks/network-files.ts'
import { buildSpec } from '../spec/build-spec.ts'
import { sharedContainer } from '../spec/container-namespaces.ts'
import { nowText, ZERO_TIME } from '../store/time-text.ts'
import type { ContainerContext } from './container-context.ts'
import { emitContainerEvent, emitNetworkEvent } from './container-events.ts'
import { containerPaths, socketPath } from './container-paths.ts'
import type { ContainerRecord } from './container-record.ts'
import type { ManagedContainer } from './managed-container.ts'
import { missingSource } from './resolve-mounts.ts'
import { exitCodeOf, startFailure } from './start-failure.ts'
import { watchExit } from './watch-exit.ts'

/**
 * Starts a container that does not run: sets it up, connects its network and its waiting clients, and lets it go.
 * When a step fails, everything is undone and the record says why. `ENGINE_START_FAILED`, `ENGINE_BAD_MOUNT`.
 */
export async function startContainer(context: ContainerContext, container: ManagedContainer): Promise<void> {
  let created: Container | undefined
  try {
    created = await setUp(context, container)
    await container.disconnecting
    const network = await connectContainer(context, container.record, created.pid)
    await connectWaiting(container)
    await context.runtime.start(container.id)
    container.update({
      network,
      manuallyStopped: false,
      state: {
        ...container.record.state,
        status: 'running',
        pid: created.pid,
        exitCode: 0,
        oomKilled: false,
        error: '',
        startedAt: nowText(),
        finishedAt: ZERO_TIME,
      },
    })
  } catch (error) {
    const failure = startFailure(error, { what: 'failed to start container', program: programOf(container.record) })
    await undoStart(context, container, created !== undefined)
    container.note({ state: { ...container.record.state, error: failure.message, exitCode: exitCodeOf(failure.message) } })
    throw failure
  }
  emitNetworkEvent(context, container.record, 'connect')
  emitContainerEvent(context.events, container.record, 'start')
  watchExit(context, container)
  if (container.record.network.ipAddress !== '') tellPeers(context)
}

async function setUp(context: ContainerContext, container: ManagedContainer): Promise<Container> {
  const { runtime, runtimeDirectory, snapshotter } = context
  const { id, directory } = container
  const paths = containerPaths(directory)
  const record = withSharedNames(context, container.record)
  const mounts = await snapshotter.mounts(id)
  const user = await context.users.of(record, mounts)
  prepareFiles(record, paths)
  const spec = buildSpec(record, { user, find: (other) => context.table.get(other).record })
  const created = await runtime.create(
    id,
    { spec, rootfs: paths.rootfs, mounts },
    {
      io: {
        ...(record.logPath !== '' && { logPath: record.logPath }),
        exitPath: paths.exit,
        socketPath: socketPath(runtimeDirectory, id),
        stdin: record.spec.openStdin,
        stdinOnce: record.spec.stdinOnce,
      },
    },
  )
  const { pid, supervisor } = created
  const exit = supervisor.wait({ signal: context.closed })
  // It is looked at once the container runs; a start that fails before does not care.
  exit.catch(() => undefined)
  container.live = { pid, supervisor, exit }
  return created
}

function programOf({ spec }: ContainerRecord): string {
  return spec.entrypoint[0] ?? spec.command[0] ?? ''
}

function prepareFiles(record: ContainerRecord, paths: ReturnType<typeof containerPaths>): void {
  rmSync(paths.exit, { force: true })
  mkdirSync(paths.rootfs, { recursive: true, mode: 0o711 })
  if (sharedContainer(record.spec.network.mode) === undefined) writeNetworkFiles(record)
  for (const { type, source, createSource } of record.mounts) {
    if (type !== 'bind' || existsSync(source)) continue
    if (createSource !== true) throw missingSource(source)
    makeSource(source)
  }
}

function makeSource(path: string): void {
  try {
    mkdirSync(path, { recursive: true })
  } catch (error) {
    if (!hasErrno(error, 'ENOTDIR', 'EEXIST', 'EACCES', 'EROFS', 'EPERM')) throw error
    throw new EngineError('ENGINE_BAD_MOUNT', `error while creating mount source path '${path}': ${error.message}`, {
      kind: 'invalid',
      cause: error,
    })
  }
}

/** A container in the network of another one has that one's name files, too. */
function withSharedNames({ table }: ContainerContext, record: ContainerRecord): ContainerRecord {
  const shared = sharedContainer(record.spec.network.mode)
  if (shared === undefined) return record
  const { hostsPath, hostnamePath, resolvConfPath, spec } = table.get(shared).record
  return { ...record, hostsPath, hostnamePath, resolvConfPath, spec: { ...record.spec, hostname: spec.hostname } }
}

/** Gives the streams that were asked for before the start to the supervisor, before the program can write anything. */
async function connectWaiting(container: ManagedContainer): Promise<void> {
  const { live } = container
  if (live === undefined) return
  const waiting = [...container.waitingStreams]
  container.waitingStreams.clear()
  await Promise.all(waiting.map(async ({ stream, options }) => stream.connect(await live.supervisor.attach(options))))
}

async function undoStart(context: ContainerContext, container: ManagedContainer, wasSetUp: boolean): Promise<void> {
  container.live = undefined
  for (const { stream } of container.waitingStreams) stream.cancel()
  container.waitingStreams.clear()
  if (!wasSetUp) return
  const undone = await Promise.allSettled([
    context.runtime.delete(container.id, { force: true }),
    disconnectContainer(context, container.record),
  ])
  for (const step of undone) if (step.status === 'rejected') context.log(`cannot undo the start of ${container.id}: ${String(step.reason)}`)
}
