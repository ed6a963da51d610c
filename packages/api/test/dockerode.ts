import { createRequire } from 'node:module'
import type { Duplex, Readable } from 'node:stream'

/** A container of dockerode, as far as it is tested here (the package has no types of its own). */
export interface DockerodeContainer {
  readonly id: string
  attach(options: object): Promise<Duplex>
  start(): Promise<unknown>
  stop(options: object): Promise<unknown>
  wait(options?: object): Promise<{ readonly StatusCode: number }>
  exec(options: object): Promise<DockerodeExec>
  logs(options: { readonly follow: true; readonly [name: string]: unknown }): Promise<Readable>
  logs(options: object): Promise<Uint8Array>
  inspect(): Promise<object>
  remove(options?: object): Promise<unknown>
}

/** An exec of dockerode. */
export interface DockerodeExec {
  start(options: object): Promise<Duplex>
  inspect(): Promise<object>
}

/** The client of dockerode. */
export interface Dockerode {
  readonly modem: { demuxStream(stream: Readable, stdout: NodeJS.WritableStream, stderr: NodeJS.WritableStream): void }
  ping(): Promise<unknown>
  version(): Promise<{ readonly ApiVersion: string }>
  info(): Promise<{ readonly OSType: string }>
  listImages(): Promise<readonly { readonly RepoTags: readonly string[] }[]>
  listContainers(options: object): Promise<readonly object[]>
  listNetworks(): Promise<readonly { readonly Name: string }[]>
  listVolumes(): Promise<{ readonly Volumes: readonly object[] }>
  createContainer(options: object): Promise<DockerodeContainer>
  getContainer(id: string): DockerodeContainer
  getEvents(options: object): Promise<Readable>
  loadImage(archive: Readable): Promise<Readable>
  getImage(name: string): { remove(): Promise<unknown> }
  pull(name: string): Promise<Readable>
}

/** The constructor of dockerode's client. */
export const Docker = createRequire(import.meta.url)('dockerode') as new (options: { readonly socketPath: string }) => Dockerode
