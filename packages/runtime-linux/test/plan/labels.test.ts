import { describe, expect, it } from 'vitest'
import type { RuntimeError } from '../../src/index.ts'
import { type Labels, mountContext, planLabels, type SecurityModules, warnOfLabels } from '../../src/plan/labels.ts'

const none: SecurityModules = { selinux: false }
const both: SecurityModules = { apparmor: 'apparmor/exec', selinux: true }
const labels = { apparmorProfile: 'docker-default', selinuxLabel: 'system_u:system_r:container_t:s0:c1,c2' }

describe('planLabels', () => {
  const rows: [modules: SecurityModules, files: [file: string, text: string][]][] = [
    [none, []],
    [{ apparmor: 'exec', selinux: false }, [['exec', 'exec docker-default']]],
    [{ apparmor: 'apparmor/exec', selinux: false }, [['apparmor/exec', 'exec docker-default']]],
    [{ selinux: true }, [['exec', labels.selinuxLabel]]],
    [
      both,
      [
        ['apparmor/exec', 'exec docker-default'],
        ['exec', labels.selinuxLabel],
      ],
    ],
  ]
  it.each(rows)('with %j writes %j', (modules, files) => {
    expect(planLabels(labels, modules)).toEqual(files.map(([file, text]) => ({ op: 'label', file, text })))
  })

  it('takes empty labels for none', () => {
    expect(planLabels({ apparmorProfile: '', selinuxLabel: '' }, both)).toEqual([])
  })
})

describe('mountContext', () => {
  const label = 'system_u:object_r:container_file_t:s0:c1,c2'
  const rows: [what: string, type: string, data: string[], modules: SecurityModules, options: string[]][] = [
    ['labels a tmpfs, not quoted', 'tmpfs', ['size=1m'], both, [`context=${label}`]],
    ['labels ptys', 'devpts', [], both, [`context=${label}`]],
    ['leaves a context that is given', 'tmpfs', ['context=other'], both, []],
    ['leaves the files of processes', 'proc', [], both, []],
    ['leaves those of the kernel', 'sysfs', [], both, []],
    ['does nothing without the module', 'tmpfs', [], none, []],
  ]
  it.each(rows)('%s', (_what, type, data, modules, options) => {
    expect(mountContext(type, data, { mountLabel: label, modules })).toEqual(options)
  })
})

describe('warnOfLabels', () => {
  const rows: [path: string, labels: Labels][] = [
    ['process.apparmorProfile', { process: { apparmorProfile: 'docker-default' } }],
    ['process.selinuxLabel', { process: { selinuxLabel: 'system_u' } }],
    ['linux.mountLabel', { process: {}, mountLabel: 'system_u' }],
  ]
  it.each(rows)('tells that %s is left out where it would not hold, only there', (path, given) => {
    const warnings: RuntimeError[] = []
    warnOfLabels(given, none, (warning) => warnings.push(warning))
    warnOfLabels(given, both, (warning) => warnings.push(warning))
    expect(warnings).toEqual([expect.objectContaining({ message: expect.stringContaining(`${path} is left out`) })])
  })
})
