import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { lstat } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { havePeers } from '../src/peers.ts'
import { Stage } from '../src/stage.ts'
import { readTree } from '../src/tree.ts'

interface Inspected {
  readonly GraphDriver: { readonly Data: { readonly LowerDir: string; readonly UpperDir: string } }
}

describe.skipIf(!havePeers('python3'))('the thin read/write layer', () => {
  let stage: Stage
  let before: string

  beforeAll(async () => {
    stage = await Stage.withTools('layers')
    before = await fingerprint()
    const script =
      'rm /bin/head; echo "$0" >/etc/mine; mkdir -p /data/deep; echo x >/data/deep/file; echo "root:x:0:0::/:/bin/sh" >/etc/passwd'
    for (const name of ['one', 'two'])
      await stage.ct.output(['run', '--name', name, '--network', 'none', 'tools', 'sh', '-c', script, name])
  })
  afterAll(() => stage[Symbol.asyncDispose]())

  const fingerprint = async (): Promise<string> => {
    const digest = createHash('sha256')
    for (const folder of ['blobs', 'refs']) digest.update(JSON.stringify([...(await readTree(join(stage.directory, 'root', folder)))]))
    const container = (await stage.ct.output(['create', 'tools'])).trim()
    const { LowerDir } = (await inspect(container)).GraphDriver.Data
    await stage.ct.output(['rm', container])
    for (const lower of LowerDir.split(':')) digest.update(JSON.stringify([...(await readTree(lower))]))
    return digest.digest('hex')
  }
  const inspect = async (name: string): Promise<Inspected> => (JSON.parse(await stage.ct.output(['inspect', name])) as [Inspected])[0]

  it.each(['one', 'two'])('container %s sees its own writes only', async (name) => {
    const { UpperDir } = (await inspect(name)).GraphDriver.Data
    expect(await stage.ct.output(['start', '-a', name])).toBe('')
    expect([...(await readTree(UpperDir)).keys()]).toEqual(
      expect.arrayContaining(['./etc/mine', './data/deep/file', './bin/head'].map(usrMerged)),
    )
  })

  it('two containers wrote the same path without meeting', async () => {
    const texts = await Promise.all(
      ['one', 'two'].map(async (name) => (await readTree((await inspect(name)).GraphDriver.Data.UpperDir)).get('./etc/mine')),
    )
    expect(texts[0]).toBeDefined()
    expect(texts[0]).not.toEqual(texts[1])
  })

  it('ct diff says what was added, changed and deleted', async () => {
    const lines = (await stage.ct.output(['diff', 'one'])).trim().split('\n')
    expect(lines).toEqual(
      expect.arrayContaining(['C /etc', 'A /etc/mine', 'C /etc/passwd', 'A /data', 'A /data/deep', 'A /data/deep/file']),
    )
    expect(lines.filter((line) => line.startsWith('D'))).toEqual([expect.stringMatching(/^D (\/usr)?\/bin\/head$/)])
  })

  it('a deleted file is a whiteout in the upper layer, and is still below', async () => {
    const { UpperDir, LowerDir } = (await inspect('one')).GraphDriver.Data
    const relative = existsSync(join(UpperDir, 'usr/bin')) ? 'usr/bin/head' : 'bin/head'
    const whiteout = await lstat(join(UpperDir, relative))
    expect([whiteout.isCharacterDevice(), whiteout.rdev]).toEqual([true, 0])
    expect(LowerDir.split(':').some((lower) => existsSync(join(lower, relative)))).toBe(true)
  })

  it("leaves the image's blobs, references and snapshots as they were", async () => {
    expect(await fingerprint()).toBe(before)
  })
})

/** `/bin` is a link to `usr/bin` on a merged system. */
function usrMerged(path: string): string {
  return path.replace(/^\.\/bin\//, './usr/bin/')
}
