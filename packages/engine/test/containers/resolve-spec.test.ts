import { describe, expect, it } from 'vitest'
import type { ContainerSpec } from '../../src/containers/container-spec.ts'
import { mergeEnv, resolveSpec } from '../../src/containers/resolve-spec.ts'

const IMAGE = {
  Entrypoint: ['/entry'],
  Cmd: ['serve', '--all'],
  Env: ['PATH=/bin', 'MODE=image'],
  WorkingDir: '/srv',
  User: 'app',
  Labels: { from: 'image', both: 'image' },
  ExposedPorts: { '80/tcp': {} },
  Volumes: { '/data': {} },
  StopSignal: 'SIGQUIT',
}
const resolve = (spec: Partial<ContainerSpec>, image: Parameters<typeof resolveSpec>[1] = IMAGE) =>
  resolveSpec({ image: 'x', ...spec }, image, 'abc')

describe('resolveSpec', () => {
  it.each([
    ['takes both from the image', {}, ['/entry'], ['serve', '--all']],
    ['keeps the entrypoint with another command', { command: ['debug'] }, ['/entry'], ['debug']],
    ["drops the image's command with another entrypoint", { entrypoint: ['/other'] }, ['/other'], []],
    ['takes both from the spec', { entrypoint: ['/other'], command: ['x'] }, ['/other'], ['x']],
    ['has no entrypoint when it is emptied', { entrypoint: [''], command: ['x'] }, [], ['x']],
  ])('%s', (_name, spec, entrypoint, command) => {
    expect(resolve(spec)).toMatchObject({ entrypoint, command })
  })

  it('fills in everything else from the image', () => {
    expect(resolve({ labels: { both: 'spec' } })).toMatchObject({
      env: ['PATH=/bin', 'MODE=image'],
      workingDirectory: '/srv',
      user: 'app',
      labels: { from: 'image', both: 'spec' },
      stopSignal: 'SIGQUIT',
      hostname: 'abc',
      imageVolumes: ['/data'],
      network: { mode: 'bridge', exposedPorts: ['80/tcp'] },
      restartPolicy: { name: 'no' },
      log: { driver: 'json-file' },
    })
  })

  it('exposes what is published', () => {
    const { network } = resolve({ network: { ports: [{ protocol: 'udp', containerPort: 53 }], exposedPorts: ['8080'] } })
    expect(network.exposedPorts).toEqual(['80/tcp', '8080/tcp', '53/udp'])
  })

  it.each([
    [{ entrypoint: [''] }, 'no command specified'],
    [{ workingDirectory: 'srv' }, "the working directory 'srv' is invalid, it needs to be an absolute path"],
    [{ resources: { memoryBytes: 1024 } }, 'Minimum memory limit allowed is 6MB'],
    [{ autoRemove: true, restartPolicy: { name: 'always' } }, "can't create 'AutoRemove' container with restart policy"],
    [{ restartPolicy: { name: 'sometimes' as 'always' } }, "unknown policy 'sometimes'"],
    [{ network: { exposedPorts: ['999999'] } }, 'invalid port specification: "999999/tcp"'],
    [{ command: ['a\0b'] }, 'zero byte'],
    [{ hostname: '-x' }, 'invalid hostname format: -x'],
  ] satisfies [Partial<ContainerSpec>, string][])('refuses %j', (spec, message) => {
    expect(() => resolve(spec)).toThrow(expect.objectContaining({ code: 'ENGINE_INVALID', message: expect.stringContaining(message) }))
  })

  it('refuses a stop signal that there is not', () => {
    expect(() => resolve({ stopSignal: 'SIGNOPE' })).toThrow(/SIGNOPE/)
  })

  it.each([
    [
      ['A=1', 'B=2'],
      ['B=3', 'C=4'],
      ['A=1', 'B=3', 'C=4'],
    ],
    [['A=1', 'B=2'], ['A'], ['B=2']],
    [['A=x=y'], ['A=z=w'], ['A=z=w']],
    [[], ['A='], ['A=']],
  ])('merges environment %j with %j', (base, changes, merged) => {
    expect(mergeEnv(base, changes)).toEqual(merged)
  })
})
