import { readBundle } from './bundle.ts'
import { type Command, idOf, isOn } from './command.ts'
import { follow } from './follow.ts'
import { LAUNCH_FLAGS, launchingOf } from './launch.ts'

/** `ct-runc run`. */
export const run: Command = {
  name: 'run',
  summary: 'create and run a container',
  usage: '<container-id>',
  flags: { ...LAUNCH_FLAGS, bundle: false, detach: true, keep: true },
  aliases: { b: 'bundle', d: 'detach' },
  async run(context) {
    const { runtime } = context
    const id = idOf(context)
    const detach = isOn(context, 'detach')
    const { bundle, terminal, activated } = readBundle(context)
    const options = { ...launchingOf(context, { detach, terminal, activated }), io: { stdin: true } }
    if (detach) {
      await runtime.run(id, bundle, options)
      return 0
    }
    const exitCode = await follow({
      launch: async () => (await (terminal ? runtime.create(id, bundle, options) : runtime.run(id, bundle, options))).supervisor,
      start: () => runtime.start(id),
      terminal,
    })
    if (!isOn(context, 'keep')) await runtime.delete(id, { force: true })
    return exitCode
  },
}
