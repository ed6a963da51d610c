import manifest from '../../package.json' with { type: 'json' }

/** The version of ct, which all its packages carry. */
export const VERSION: string = manifest.version
