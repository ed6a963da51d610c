/** How the command hands a container over: with its own stdio. */
export interface InheritedIo {
  /** Makes the FIFO at which a held process of this user of the host waits, and answers its path. Given, nobody supervises the process. */
  readonly makeFifo?: ((directory: string, uid: number) => Promise<string>) | undefined
  /** Unix socket that gets the pty; only without a supervisor. */
  readonly consoleSocketPath?: string | undefined
  /** Unix socket that gets the process's pidfd. */
  readonly pidfdSocketPath?: string | undefined
  /** How many of this program's descriptors from 3 on the process has, too. Default: 0. */
  readonly preservedFds?: number | undefined
}

/** Descriptors that go in, and out. */
export function inheritedDescriptors({ consoleSocketPath, pidfdSocketPath, preservedFds }: InheritedIo) {
  return { consoleSocketPath, pidfdSocketPath, preservedFds }
}
