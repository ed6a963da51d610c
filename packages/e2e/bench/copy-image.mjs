import { setFlagsFromString } from 'node:v8'
import { copy, OciLayout } from '../../image/dist/index.js'
import { createRegistryClient } from '../../registry-client/dist/index.js'

// copy-image.mjs SOURCE TARGET, each `docker://host/repository:tag` or `oci:directory:tag`, as skopeo writes them.
// A program that ends soon has nothing of V8 optimising the HTTP parser behind its back, as the README of the client says.
setFlagsFromString('--liftoff-only')
const [source = '', target = ''] = process.argv.slice(2)
const client = createRegistryClient()
try {
  const from = await open(source)
  const to = await open(target)
  await copy(from.target, to.target, from.ref, { as: to.ref, platform: 'all' })
} finally {
  await client[Symbol.asyncDispose]()
}

async function open(place) {
  const colon = place.lastIndexOf(':')
  const [name, ref] = [place.slice(0, colon), place.slice(colon + 1)]
  const isLayout = name.startsWith('oci:')
  return { ref, target: isLayout ? await OciLayout.open(name.slice('oci:'.length)) : client.repository(name.slice('docker://'.length)) }
}
