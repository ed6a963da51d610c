import type { Endpoint, JsonAnswer, JsonBody } from '../endpoint.ts'
import type { Handler } from '../server/handler.ts'
import { checkShape, type Shape } from '../server/shape.ts'
import { volumeOf } from '../translate/volume.ts'
import type { Volume, VolumeCreateBody } from '../wire/volume.ts'

/** Makes a volume, or gives the one of that name. */
export const volumeCreate = {
  method: 'POST',
  path: '/volumes/create',
  summary: 'Makes a volume, or gives the one of that name.',
  body: 'json' as JsonBody<VolumeCreateBody>,
  answer: 'json' as JsonAnswer<Volume>,
  status: 201,
} as const satisfies Endpoint

export const volumeCreateHandler: Handler<typeof volumeCreate> = async ({ engine, json }) => {
  const { Name, Driver, DriverOpts, Labels } = checkShape<VolumeCreateBody>(json ?? {}, BODY)
  const record = await engine.volumes.create({
    name: Name || undefined,
    driver: Driver || undefined,
    options: DriverOpts ?? undefined,
    labels: Labels ?? undefined,
  })
  return volumeOf(record)
}

const BODY: Shape<VolumeCreateBody> = { Name: 'string', Driver: 'string', DriverOpts: { map: 'string' }, Labels: { map: 'string' } }
