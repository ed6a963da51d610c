import assert from 'node:assert/strict'
import { bodyOf, digestOf, MEDIA_TYPES } from '@ct/image'
import { S3ImageStore } from '@ct/image-store-s3'
import { serveRegistry } from '@ct/registry'
import { createRegistryClient } from '@ct/registry-client'
import { startBucket } from './bucket.ts'

// On Node 20 the AWS client would say at its first use that its releases of 2027 want Node 22.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true'

await using service = await startBucket()
const { endpoint, credentials } = service

const open = () => S3ImageStore.open({ bucket: 'images', prefix: 'registry', endpoint, credentials })
using here = await open()
using there = await open()
await using one = await serveRegistry({ store: here, port: 0 })
await using two = await serveRegistry({ store: there, port: 0 })

await using client = createRegistryClient()
const repositories = [one, two].map(({ url }) => client.repository(`${new URL(url).host}/team/app`))
const [pushed, pulled] = repositories as [(typeof repositories)[0], (typeof repositories)[0]]
const config = Buffer.from('{}')
const blob = { mediaType: MEDIA_TYPES.ociConfig, digest: digestOf(config), size: config.length }
const manifest = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: MEDIA_TYPES.ociManifest, config: blob, layers: [] }))
const image = { mediaType: MEDIA_TYPES.ociManifest, digest: digestOf(manifest), size: manifest.length }
await pushed.push(blob, bodyOf(config))
await pushed.push(image, bodyOf(manifest))
await pushed.tag(image, '1')
assert.deepEqual(await pulled.resolve('1'), image)
console.log(`what is pushed to ${one.url} can be pulled from ${two.url}`)
