import { defaultSpec } from '../dist/index.js'

/** The docker-like spec that all start, in a cgroup of its own. */
export function benchSpec(cgroup, name, args) {
  const spec = defaultSpec({ args, hostname: 'bench' })
  return { ...spec, linux: { ...spec.linux, cgroupsPath: `/${cgroup}/${name}` } }
}
