/** Name of the FIFO in the state directory at which a process that nobody supervises is held. */
export const FIFO = 'exec.fifo'

/** How the command hands a process over: with its own stdio. */
export interface InheritedIo {
  /** Whether a process of the helper stays with it. */
  readonly isSupervised: boolean
}

/** Descriptors that go into the process, and those of it that go out. */
export interface PassedDescriptors {
  /** Unix socket that gets the pty; only without a supervisor. */
  readonly consoleSocketPath?: string | undefined
  /** Unix socket that gets the process's pidfd. */
  readonly pidfdSocketPath?: string | undefined
  /** How many of this program's descriptors from 3 on the process has, too. Default: 0. */
  readonly preservedFds?: number | undefined
}

/** What only the command says of a launch. */
export interface CommandIo {
  readonly inherited?: InheritedIo | undefined
  readonly descriptors?: PassedDescriptors | undefined
  /** Text file that gets the process's id. */
  readonly pidPath?: string | undefined
}
