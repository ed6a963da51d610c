import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { eventually } from './command.ts'
import { freePort } from './scratch.ts'
import { Service } from './service.ts'

const entry = fileURLToPath(new URL('../../registry/dist/index.js', import.meta.url))

/** Our own registry, built, in a process of its own, storing below `directory`. */
export async function startCtRegistry(directory: string): Promise<{ readonly service: Service; readonly host: string }> {
  const port = await freePort()
  const script = `import { serveRegistry } from ${JSON.stringify(entry)}; await serveRegistry({ root: ${JSON.stringify(`${directory}/ct-registry`)}, port: ${port}, onError: console.error })`
  const service = new Service([process.execPath, '--input-type=module', '-e', script], { logPath: join(directory, 'ct-registry.log') })
  const host = `127.0.0.1:${port}`
  await eventually(async () => {
    if (!(await fetch(`http://${host}/v2/`)).ok) throw new Error('registry not ready')
  })
  return { service, host }
}
