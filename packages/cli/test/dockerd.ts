import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, open, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { isListening } from '../src/daemon/probe.ts'

/** Whether a program is in the PATH. */
export function have(program: string): boolean {
  try {
    execFileSync('sh', ['-c', `command -v ${program}`], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** A real dockerd of our own, without networks, in a scratch directory. */
export class Dockerd implements AsyncDisposable {
  readonly directory: string
  readonly host: string
  readonly #child: ChildProcess

  private constructor(directory: string, child: ChildProcess) {
    this.directory = directory
    this.host = `unix://${directory}/docker.sock`
    this.#child = child
  }

  static async start(): Promise<Dockerd> {
    const directory = await mkdtemp(join(tmpdir(), 'ct-dockerd-'))
    await mkdir(join(directory, 'root'))
    await using log = await open(join(directory, 'log'), 'w')
    const places = ['--data-root', `${directory}/root`, '--exec-root', `${directory}/exec`, '-p', `${directory}/pid`]
    const args = [...places, '-H', `unix://${directory}/docker.sock`, '--bridge=none', '--iptables=false']
    const dockerd = new Dockerd(directory, spawn('dockerd', args, { stdio: ['ignore', log.fd, log.fd] }))
    for (let tries = 0; !(await isListening(dockerd.host)); tries++) {
      if (tries > 300 || dockerd.#child.exitCode !== null) throw new Error(await readFile(join(directory, 'log'), 'utf8'))
      await sleep(100)
    }
    return dockerd
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null) {
      this.#child.kill()
      await once(this.#child, 'exit')
    }
    await rm(this.directory, { recursive: true, force: true })
  }
}
