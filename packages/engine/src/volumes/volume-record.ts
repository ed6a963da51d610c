/** A directory that outlives containers; the content of `volumes/<name>/volume.json`. */
export interface VolumeRecord {
  readonly version: 1
  readonly name: string
  readonly driver: 'local'
  /** RFC 3339. */
  readonly createdAt: string
  readonly labels: Readonly<Record<string, string>>
  readonly options: Readonly<Record<string, string>>
  /** Made for one container, without a name of its own. */
  readonly anonymous: boolean
  /** Absolute path of its content. */
  readonly mountpoint: string
}

/** What a volume is to be. */
export interface VolumeSpec {
  /** @default 64 random hexadecimal digits (an anonymous volume) */
  readonly name?: string | undefined
  readonly driver?: string | undefined
  readonly labels?: Readonly<Record<string, string>> | undefined
  readonly options?: Readonly<Record<string, string>> | undefined
}
