import { describe, expect, it } from 'vitest'
import { socketOfAddress } from '../src/bus-address.ts'

describe('the address of a bus', () => {
  const sockets: [address: string, socket: string][] = [
    ['unix:path=/run/user/1000/bus', '/run/user/1000/bus'],
    ['unix:path=/run/user/1000/bus,guid=1f', '/run/user/1000/bus'],
    ['unix:abstract=/tmp/dbus-1,guid=1f', '\0/tmp/dbus-1'],
    ['tcp:host=localhost,port=1;unix:guid=1f,path=/b', '/b'],
    ['unix:path=/a%20b%c3%a9/bus', '/a bé/bus'],
  ]
  it.each(sockets)('%s', (address, socket) => {
    expect(socketOfAddress(address)).toBe(socket)
  })

  it.each(['', 'tcp:host=localhost,port=1', 'unix:tmpdir=/tmp', '/run/bus'])('%j is refused, with a hint', (address) => {
    const refused = expect.objectContaining({ code: 'SYSTEMD_UNAVAILABLE', kind: 'unsupported', hint: expect.any(String) })
    expect(() => socketOfAddress(address)).toThrow(refused)
  })
})
