import { integerFlag } from '../create/bad-flag.ts'
import { requireRoot } from '../daemon/start-daemon.ts'
import { defaultPlaces } from '../host.ts'
import { defineCommand } from '../parser/command.ts'

/** Seconds that an on-demand daemon waits for work before it ends. */
const IDLE_SECONDS = 300

/** `ct daemon`: an engine and its API in the foreground, until SIGTERM or SIGINT; containers run on. */
export const daemon = defineCommand({
  usage: '[OPTIONS]',
  flags: {
    root: { type: 'string', placeholder: 'directory', summary: 'State directory (default /var/lib/ct)' },
    'runtime-dir': { type: 'string', placeholder: 'directory', summary: 'Directory for sockets and pid files (default /run/ct)' },
    host: {
      type: 'list',
      short: 'H',
      placeholder: 'address',
      summary: 'Listen here (unix://PATH or tcp://127.0.0.1:PORT; default ct.sock in the runtime directory)',
    },
    'on-demand': { type: 'boolean', hidden: true, summary: 'End when there is nothing to supervise' },
    'idle-timeout': { type: 'string', hidden: true, placeholder: 'seconds', summary: 'How long an on-demand daemon waits for work' },
  },
  args: { min: 0, max: 0 },
  details:
    "Prints 'ct daemon ready on ADDRESS' when it answers. Several daemons may run side by side, each with directories of its own.\nSIGTERM ends it and leaves its containers running; the next daemon with the same root finds them again.",
  examples: ['ct daemon --root /srv/ct --runtime-dir /run/ct-two -H unix:///run/ct-two/ct.sock'],
  async run({ flags }, context) {
    requireRoot()
    const places = defaultPlaces(context.env)
    const runtimeDirectory = flags['runtime-dir'] ?? places.runtimeDirectory
    const idleSeconds = integerFlag('idle-timeout', flags['idle-timeout']) ?? IDLE_SECONDS
    const { serveDaemon } = await import('../daemon/serve-daemon.ts')
    return serveDaemon(context, {
      root: flags.root ?? places.root,
      runtimeDirectory,
      listen: flags.host.length > 0 ? flags.host : [`unix://${runtimeDirectory}/ct.sock`],
      idleMs: flags['on-demand'] === true ? idleSeconds * 1000 : undefined,
    })
  },
})
