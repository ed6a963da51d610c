import { describe, expect, it } from 'vitest'
import { execFiles } from '../../src/plan/exec-files.ts'

describe('execFiles', () => {
  const rows: [program: string, env: string[], files: string[]][] = [
    ['/bin/sh', ['PATH=/x'], ['/bin/sh']],
    ['./run', [], ['./run']],
    ['sh', ['PATH=/usr/bin:/bin'], ['/usr/bin/sh', '/bin/sh']],
    ['sh', ['PATH=/a', 'PATH=/b/:/b'], ['/b/sh']],
    ['sh', ['PATH=.:relative::/bin'], ['/bin/sh']],
    ['sh', ['PATH='], []],
    ['sh', ['HOME=/'], ['/usr/local/sbin/sh', '/usr/local/bin/sh', '/usr/sbin/sh', '/usr/bin/sh', '/sbin/sh', '/bin/sh']],
  ]
  it.each(rows)('%s with %j', (program, env, files) => {
    expect(execFiles(program, env)).toEqual(files)
  })
})
