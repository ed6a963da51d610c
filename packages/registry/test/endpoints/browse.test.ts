import { digestOf, MEDIA_TYPES } from '@ct/image'
import { describe, expect, it } from 'vitest'
import { basicGatekeeper } from '../../src/access/basic-gatekeeper.ts'
import { policyOf } from '../../src/access/policy.ts'
import { pushBlob, pushImage, putManifest, registryOnLoopback } from '../registry-on-loopback.ts'

describe('the page', () => {
  it('lists repositories, then tags with their layers and platforms', async () => {
    await using registry = await registryOnLoopback()
    const manifest = await pushImage(registry, 'team/app', 'v1')
    const platform = { os: 'linux', architecture: 'arm64' }
    const entry = { mediaType: MEDIA_TYPES.ociManifest, digest: digestOf(manifest), size: manifest.length, platform }
    await registry.call('PUT', '/v2/team/app/manifests/all', {
      body: JSON.stringify({ schemaVersion: 2, mediaType: MEDIA_TYPES.ociIndex, manifests: [entry] }),
      headers: { 'content-type': MEDIA_TYPES.ociIndex },
    })
    const home = await registry.call('GET', '/')
    expect([home.status, home.headers.get('content-security-policy')]).toEqual([200, expect.stringContaining("default-src 'none'")])
    expect(await home.text()).toContain('<a href="/_/team/app">team/app</a>')
    const page = await (await registry.call('GET', '/_/team/app')).text()
    for (const text of ['<h2>v1</h2>', '<h2>all</h2>', digestOf('layer of team/app:v1'), 'linux/arm64']) expect(page).toContain(text)
    expect((await registry.call('GET', '/_/team/none')).status).toBe(404)
    expect((await registry.call('POST', '/')).status).toBe(405)
  })

  it('shows a type that wants to be a script as a text', async () => {
    await using registry = await registryOnLoopback()
    const config = await pushBlob(registry, 'a', Buffer.from('{}'))
    const layer = { ...config, mediaType: 'x/<script>alert("1")</script>' }
    const manifest = { schemaVersion: 2, mediaType: MEDIA_TYPES.ociManifest, config, layers: [layer] }
    expect((await putManifest(registry, 'a/manifests/v1', Buffer.from(JSON.stringify(manifest)))).status).toBe(201)
    const page = await (await registry.call('GET', '/_/a')).text()
    expect(page).not.toContain('<script')
    expect(page).toContain('x/&#60;script&#62;alert(&#34;1&#34;)')
  })

  it('shows only what its reader may pull', async () => {
    const accounts = { verify: async () => true }
    const policy = policyOf([{ repositories: ['public/*'], users: ['anonymous'], actions: ['pull', 'list'] }])
    await using open = await registryOnLoopback()
    for (const name of ['public/x', 'secret/x']) await pushImage(open, name, 'v1')
    await using registry = await registryOnLoopback({ store: open.store, gatekeeper: basicGatekeeper({ accounts, policy }) })
    const home = await (await registry.call('GET', '/')).text()
    expect([home.includes('public/x'), home.includes('secret/x')]).toEqual([true, false])
    expect((await registry.call('GET', '/_/secret/x')).status).toBe(401)
  })
})
