import { type Digest, isDigest } from './digest.ts'
import { parseDocument } from './parse-document.ts'
import { dictionary, flag, integer, list, literal, object, type Shape, text, textLike } from './shape.ts'

/** A health check, in Docker's extension of the config; durations in nanoseconds. */
export interface HealthcheckConfig {
  readonly Test?: readonly string[]
  readonly Interval?: number
  readonly Timeout?: number
  readonly StartPeriod?: number
  readonly StartInterval?: number
  readonly Retries?: number
}

/** How a container of the image runs unless it is told otherwise. */
export interface ExecutionConfig {
  readonly User?: string
  /** Keys are `port/protocol`. */
  readonly ExposedPorts?: Readonly<Record<string, object>>
  /** `NAME=value`, each. */
  readonly Env?: readonly string[]
  readonly Entrypoint?: readonly string[]
  readonly Cmd?: readonly string[]
  /** Keys are absolute paths. */
  readonly Volumes?: Readonly<Record<string, object>>
  readonly WorkingDir?: string
  readonly Labels?: Readonly<Record<string, string>>
  readonly StopSignal?: string
  readonly ArgsEscaped?: boolean
  readonly Healthcheck?: HealthcheckConfig
  readonly OnBuild?: readonly string[]
  readonly Shell?: readonly string[]
}

/** How one layer came to be, or a step that made none. */
export interface HistoryEntry {
  readonly created?: string
  readonly created_by?: string
  readonly author?: string
  readonly comment?: string
  readonly empty_layer?: boolean
}

/**
 * The config of an image; its digest is the image ID.
 * @see https://github.com/opencontainers/image-spec/blob/main/config.md
 */
export interface ImageConfig {
  readonly created?: string
  readonly author?: string
  readonly architecture: string
  readonly os: string
  readonly variant?: string
  readonly 'os.version'?: string
  readonly 'os.features'?: readonly string[]
  readonly config?: ExecutionConfig
  readonly rootfs: { readonly type: 'layers'; readonly diff_ids: readonly Digest[] }
  readonly history?: readonly HistoryEntry[]
}

const anyObject = object<object>({}, [])

const healthcheck = object<HealthcheckConfig>(
  { Test: list(text()), Interval: integer, Timeout: integer, StartPeriod: integer, StartInterval: integer, Retries: integer },
  [],
)

const execution = object<ExecutionConfig>(
  {
    User: text(),
    ExposedPorts: dictionary(anyObject),
    Env: list(text()),
    Entrypoint: list(text()),
    Cmd: list(text()),
    Volumes: dictionary(anyObject),
    WorkingDir: text(),
    Labels: dictionary(text()),
    StopSignal: text(),
    ArgsEscaped: flag,
    Healthcheck: healthcheck,
    OnBuild: list(text()),
    Shell: list(text()),
  },
  [],
)

const history = object<HistoryEntry>({ created: text(), created_by: text(), author: text(), comment: text(), empty_layer: flag }, [])

/** Go writes the list of an image without layers as `null`. */
const rootfs = object<{ type: 'layers'; diff_ids?: readonly Digest[] }>(
  { type: literal('layers'), diff_ids: list(textLike<Digest>(isDigest, 'a digest')) },
  ['type'],
)

const shape: Shape<ImageConfig> = object<ImageConfig>(
  {
    created: text(),
    author: text(),
    architecture: text(64),
    os: text(64),
    variant: text(64),
    'os.version': text(256),
    'os.features': list(text(256)),
    config: execution,
    rootfs: (value, at) => {
      const { diff_ids = [], ...rest } = rootfs(value, at)
      return { ...rest, diff_ids }
    },
    history: list(history),
  },
  ['architecture', 'os', 'rootfs'],
)

/**
 * Reads the config of an image. Fields that are `null` are taken as absent; fields that nobody knows are kept.
 * @throws ImageError `IMAGE_BAD_CONFIG`, `IMAGE_TOO_LARGE`
 */
export function parseImageConfig(bytes: Uint8Array): ImageConfig {
  return parseDocument(bytes, shape, { what: 'the image config', code: 'IMAGE_BAD_CONFIG' })
}
