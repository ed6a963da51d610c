import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { hasErrno } from '@ct/errors'
import { DEFAULT_PATH } from '../plan/exec-files.ts'
import { defaultSpec } from '../spec/default-spec.ts'
import { rootlessSpec } from '../spec/rootless-spec.ts'
import { type Command, isOn } from './command.ts'
import { UsageError } from './parse-flags.ts'

/** `ct-runc spec`. */
export const spec: Command = {
  name: 'spec',
  summary: 'write a new config.json',
  usage: '',
  flags: { bundle: false, rootless: true },
  aliases: { b: 'bundle' },
  async run(context) {
    const path = join(context.flags.bundle ?? '.', 'config.json')
    const whole = defaultSpec({
      args: ['sh'],
      env: [`PATH=${DEFAULT_PATH}`, 'TERM=xterm'],
      hostname: 'ct',
      terminal: true,
      readonlyRoot: true,
    })
    const value = isOn(context, 'rootless') ? rootlessSpec(whole) : whole
    try {
      writeFileSync(path, `${JSON.stringify(value, undefined, 2)}\n`, { flag: 'wx', mode: 0o666 })
    } catch (error) {
      if (hasErrno(error, 'EEXIST')) throw new UsageError(`file ${path} exists. Remove it first`)
      throw error
    }
    return 0
  },
}
