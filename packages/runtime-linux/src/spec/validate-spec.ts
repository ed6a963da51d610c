import { bad, flag, list, nonEmpty, record, shape, text } from './shape.ts'
import type { Spec } from './spec.ts'
import { validateHooks } from './validate-hooks.ts'
import { idMappings, validateLinux } from './validate-linux.ts'
import { validateProcess } from './validate-process.ts'

const specShape = shape(
  { ociVersion: version },
  {
    root: shape({ path: nonEmpty }, { readonly: flag }),
    process: validateProcess,
    hostname: text,
    domainname: text,
    mounts: list(
      shape({ destination: nonEmpty }, { type: text, source: text, options: list(text), uidMappings: idMappings, gidMappings: idMappings }),
    ),
    hooks: validateHooks,
    annotations: record(text),
    linux: validateLinux,
  },
)

/**
 * Checks that a value is a spec this runtime can carry out, before anything is made. Properties that the specification
 * does not know are ignored, as it demands; values it does not know are refused.
 * @throws RuntimeError RUNTIME_BAD_SPEC with the JSON path of the first thing that is wrong, RUNTIME_UNSUPPORTED for what
 * is right but cannot be done here.
 * @see https://github.com/opencontainers/runtime-spec/blob/main/config.md
 */
export function validateSpec(value: unknown): Spec {
  specShape(value, '')
  const spec = value as Spec
  const has = (type: string) => spec.linux?.namespaces?.some((namespace) => namespace.type === type) ?? false
  const needs = (path: string, type: string) => {
    if (!has(type)) throw bad(path, `left out when there is no ${type} namespace`)
  }
  if (!has('mount')) throw bad('linux.namespaces', 'a list with a mount namespace')
  if (spec.hostname) needs('hostname', 'uts')
  if (spec.domainname) needs('domainname', 'uts')
  if (spec.linux?.uidMappings?.length) needs('linux.uidMappings', 'user')
  if (spec.linux?.gidMappings?.length) needs('linux.gidMappings', 'user')
  if (spec.linux?.timeOffsets && Object.keys(spec.linux.timeOffsets).length > 0) needs('linux.timeOffsets', 'time')
  if (Object.keys(spec.linux?.netDevices ?? {}).length > 0) needs('linux.netDevices', 'network')
  for (const name of Object.keys(spec.linux?.sysctl ?? {})) checkSysctl(name, needs)
  return spec
}

function version(value: unknown, path: string): void {
  text(value, path)
  if (!/^1\.\d+\.\d+/.test(value)) throw bad(path, 'a version 1.x.y', value)
}

const IPC_SYSCTL = /^(kernel\.(msgmax|msgmnb|msgmni|sem|shmall|shmmax|shmmni|shm_rmid_forced)$|fs\.mqueue\.)/

/** Only what belongs to a namespace of the container may be set; anything else would change the host. */
function checkSysctl(name: string, needs: (path: string, type: string) => void): void {
  const path = `linux.sysctl["${name}"]`
  const dotted = name.replaceAll('/', '.')
  if (dotted.split('.').some((part) => part === '')) throw bad(path, 'named with dots between its parts')
  if (dotted.startsWith('net.')) needs(path, 'network')
  else if (IPC_SYSCTL.test(dotted)) needs(path, 'ipc')
  else if (dotted === 'kernel.domainname') needs(path, 'uts')
  else if (dotted.startsWith('user.')) needs(path, 'user')
  else throw bad(path, 'a setting of a namespace of the container')
}
