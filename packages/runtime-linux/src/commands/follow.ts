import type { Supervisor } from '@ct/native'

const FORWARDED = { SIGHUP: 1, SIGINT: 2, SIGQUIT: 3, SIGUSR1: 10, SIGUSR2: 12, SIGTERM: 15 } as const

/** A process to stay with. */
export interface Followed {
  /** Launches it; with a terminal it is held until `start`. */
  readonly launch: () => Promise<Supervisor>
  readonly start: (supervisor: Supervisor) => Promise<void>
  readonly terminal: boolean
}

/**
 * Launches a process and stays with it to its end: passes signals on, also those that come during the launch, and, with
 * a terminal, what is typed and printed. Answers the exit status.
 */
export async function follow({ launch, start, terminal }: Followed): Promise<number> {
  const early: number[] = []
  let send = (signal: number): void => void early.push(signal)
  const release = forwardSignals((signal) => send(signal))
  try {
    const supervisor = await launch()
    send = (signal) => {
      supervisor.kill(signal).catch(() => undefined) // it has ended meanwhile
    }
    const leave = terminal ? await joinTerminal(supervisor) : undefined
    if (terminal) await start(supervisor)
    for (const signal of early) send(signal)
    const { exitCode } = await supervisor.wait()
    await leave?.()
    return exitCode
  } finally {
    release()
  }
}

function forwardSignals(send: (signal: number) => void): () => void {
  const removals = Object.entries(FORWARDED).map(([name, number]) => {
    const handler = () => send(number)
    process.on(name, handler)
    return () => process.off(name, handler)
  })
  return () => {
    for (const remove of removals) remove()
  }
}

/** Connects this program's terminal; what it answers waits for the rest of the output and disconnects. */
async function joinTerminal(supervisor: Supervisor): Promise<() => Promise<void>> {
  const { stdin, stdout } = process
  const socket = await supervisor.attach({ stdin: true, stdout: true, stderr: true })
  const ended = new Promise<void>((resolve) => socket.once('close', () => resolve()))
  const resize = () => {
    supervisor.resize({ rows: stdout.rows, columns: stdout.columns }).catch(() => undefined) // it has ended meanwhile
  }
  if (stdin.isTTY) stdin.setRawMode(true)
  stdin.pipe(socket)
  socket.pipe(stdout, { end: false })
  if (stdout.isTTY) resize()
  stdout.on('resize', resize)
  return async () => {
    stdin.unpipe(socket)
    stdin.pause()
    if (stdin.isTTY) stdin.setRawMode(false)
    stdout.off('resize', resize)
    socket.end()
    await ended
  }
}
