import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { OciLayout } from '../src/index.ts'
import { pushTestImage, targetContract, testImage } from '../src/testing/index.ts'
import { temporaryDirectory } from './temporary.ts'

async function makeLayout() {
  const directory = await temporaryDirectory()
  const target = await OciLayout.open(join(directory.path, 'layout'))
  return { target, refs: ['1.0', 'example.org/app:2'] as const, [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose]() }
}

targetContract('OciLayout', makeLayout)

describe('OciLayout', () => {
  it('is laid out as the image spec says', async () => {
    await using made = await makeLayout()
    const image = testImage(['layer'])
    await pushTestImage(made.target, image, '1.0')
    expect((await readdir(made.target.root)).sort()).toEqual(['blobs', 'index.json', 'oci-layout'])
    expect(JSON.parse(await readFile(join(made.target.root, 'oci-layout'), 'utf8'))).toEqual({ imageLayoutVersion: '1.0.0' })
    expect(JSON.parse(await readFile(join(made.target.root, 'index.json'), 'utf8')).manifests).toEqual([
      { ...image.root, annotations: { 'org.opencontainers.image.ref.name': '1.0' } },
    ])
  })

  it('keeps all of many references that are set at once', async () => {
    await using made = await makeLayout()
    const image = testImage(['layer'])
    await pushTestImage(made.target, image, 'first')
    await Promise.all(Array.from({ length: 20 }, (_, i) => made.target.tag(image.root, `tag-${i}`)))
    expect(await made.target.listRefs()).toHaveLength(21)
    expect(await (await OciLayout.open(made.target.root)).resolve('tag-7')).toEqual(image.root)
  })

  it("finds an image by containerd's full name", async () => {
    await using made = await makeLayout()
    const image = testImage(['layer'])
    await pushTestImage(made.target, image, '1.0')
    const index = JSON.parse(await readFile(join(made.target.root, 'index.json'), 'utf8'))
    index.manifests[0].annotations['io.containerd.image.name'] = 'docker.io/library/app:1.0'
    await writeFile(join(made.target.root, 'index.json'), JSON.stringify(index))
    expect(await made.target.resolve('docker.io/library/app:1.0')).toEqual(image.root)
    expect((await made.target.listRefs())[0]?.reference).toBe('docker.io/library/app:1.0')
  })

  it('refuses a reference that stands for several images', async () => {
    await using made = await makeLayout()
    const manifests = [testImage(['a']), testImage(['b'])].map(({ root }) => ({
      ...root,
      annotations: { 'org.opencontainers.image.ref.name': 'twice' },
    }))
    await writeFile(join(made.target.root, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests }))
    await expect(made.target.resolve('twice')).rejects.toMatchObject({ code: 'IMAGE_BAD_STORE', kind: 'conflict' })
  })

  it.each([
    ['another version', 'oci-layout', '{"imageLayoutVersion":"2.0.0"}'],
    ['a marker that is no JSON', 'oci-layout', 'x'],
    ['other things in the directory', 'notes.txt', 'x'],
  ])('does not open %s', async (_, name, content) => {
    await using directory = await temporaryDirectory()
    await mkdir(join(directory.path, 'x'))
    await writeFile(join(directory.path, 'x', name), content)
    await expect(OciLayout.open(join(directory.path, 'x'))).rejects.toMatchObject({ code: 'IMAGE_BAD_STORE' })
  })

  it.each([
    ['nothing but a half-written file', '.tmp-0123456789abcdef', '{'],
    ['its marker only', 'oci-layout', '{"imageLayoutVersion":"1.0.0"}'],
  ])('opens what a maker of layouts left that was killed: %s', async (_, name, content) => {
    await using directory = await temporaryDirectory()
    await writeFile(join(directory.path, name), content)
    const layout = await OciLayout.open(directory.path)
    const image = testImage(['layer'])
    await pushTestImage(layout, image, 'ok')
    expect((await (await OciLayout.open(directory.path)).resolve('ok')).digest).toBe(image.root.digest)
  })

  it.each(['', 'a b', 'a\nb', 'x'.repeat(513)])('refuses the reference %j', async (ref) => {
    await using made = await makeLayout()
    const image = testImage(['layer'])
    await pushTestImage(made.target, image, 'ok')
    await expect(made.target.tag(image.root, ref)).rejects.toMatchObject({ code: 'IMAGE_BAD_REFERENCE' })
  })

  it('does not tag what it does not have', async () => {
    await using made = await makeLayout()
    await expect(made.target.tag(testImage(['absent']).root, 'x')).rejects.toMatchObject({ code: 'IMAGE_NO_BLOB' })
  })
})
