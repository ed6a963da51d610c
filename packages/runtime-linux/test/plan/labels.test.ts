import { describe, expect, it } from 'vitest'
import type { RuntimeError } from '../../src/index.ts'
import { type Labels, refuseLabels } from '../../src/plan/labels.ts'

describe('refuseLabels', () => {
  const rows: [path: string, labels: Labels][] = [
    ['process.apparmorProfile', { process: { apparmorProfile: 'docker-default' } }],
    ['process.selinuxLabel', { process: { selinuxLabel: 'system_u' } }],
    ['linux.mountLabel', { process: {}, mountLabel: 'system_u' }],
  ]
  it.each(rows)('%s is refused where it would hold, and told of where it would not', (path, labels) => {
    expect(() => refuseLabels(labels, { exists: () => true })).toThrow(`${path}: is not supported`)
    const warnings: RuntimeError[] = []
    refuseLabels(labels, { exists: () => false, onWarning: (warning) => warnings.push(warning) })
    expect(warnings).toEqual([expect.objectContaining({ message: expect.stringContaining(`${path} is left out`) })])
  })

  it('takes empty labels for none', () => {
    expect(() => refuseLabels({ process: { apparmorProfile: '' }, mountLabel: '' }, { exists: () => true })).not.toThrow()
  })
})
