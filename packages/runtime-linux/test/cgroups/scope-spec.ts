import type { LinuxResources, Spec } from '../../src/index.ts'

/** Where the scopes of the tests are, below `ct.slice`. */
export const SLICE = 'ct-test.slice'

/** Puts a container into the scope `ct-<name>.scope`. */
export const withScope =
  (name: string, resources: LinuxResources = {}) =>
  (spec: Spec) => ({
    ...spec,
    linux: { ...spec.linux, cgroupsPath: `${SLICE}:ct:${name}`, resources: { ...spec.linux?.resources, ...resources } },
  })
