/**
 * How a query parameter is written. `flag` is docker's boolean, `filters` the JSON of `{"key":["value"]}`, `strings`
 * a parameter that repeats, `time` seconds since 1970 with an optional fraction.
 */
export type ParameterKind = 'string' | 'flag' | 'integer' | 'filters' | 'strings' | 'time'

/** Values that select things in a list, by key. */
export type Filters = Readonly<Record<string, readonly string[]>>

interface ParameterTypes {
  readonly string: string
  readonly flag: boolean
  readonly integer: number
  readonly filters: Filters
  readonly strings: readonly string[]
  readonly time: string
}

declare const carried: unique symbol
/** Carries a type beside a literal; there is nothing at run time. */
interface Carries<T> {
  readonly [carried]?: T
}

/** A request with a JSON body. */
export type JsonBody<T> = 'json' & Carries<T>
/** Answered by one JSON value. */
export type JsonAnswer<T> = 'json' & Carries<T>
/** Answered by JSON values, one after the other. */
export type MessagesAnswer<T> = 'messages' & Carries<T>

/**
 * One route of the Engine API. What it is called with and answers is in its type; client and server both work from it.
 *
 * @see https://docs.docker.com/reference/api/engine/version/v1.51/
 */
export interface Endpoint {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE'
  /** `{id}` stands for one segment, `{name*}` for several, as image references have. */
  readonly path: string
  /** One sentence for the list of endpoints. */
  readonly summary: string
  readonly query?: Readonly<Record<string, ParameterKind>>
  /** `json`, or `bytes` for an archive. */
  readonly body?: 'json' | 'bytes'
  /** `none` is 204 or an empty 200; `bytes` is a log or an archive; `hijack` turns the connection into a stream both ways. */
  readonly answer: 'none' | 'json' | 'messages' | 'bytes' | 'hijack'
  /** Status of success. @default 204 for an answer of `none`, else 200 */
  readonly status?: number
  /** Means the same in every version, so a client needs not to know the version before it calls. */
  readonly versionless?: true
}

/** The values that a path template wants. */
export type PathParameters<Path extends string> = Path extends `${string}{${infer Name}}${infer Rest}`
  ? { readonly [K in Name extends `${infer Bare}*` ? Bare : Name]: string } & PathParameters<Rest>
  : unknown

/** The query parameters of an endpoint; all may be left out. */
export type QueryOf<E extends Endpoint> =
  E['query'] extends Readonly<Record<string, ParameterKind>>
    ? { readonly [K in keyof E['query']]?: ParameterTypes[E['query'][K]] | undefined }
    : { readonly [K in never]: never }

/** The request body of an endpoint: its JSON, or an archive's bytes. */
export type BodyOf<E extends Endpoint> = E['body'] extends 'bytes'
  ? AsyncIterable<Uint8Array>
  : E['body'] extends Carries<infer T>
    ? T
    : undefined

/** What an endpoint answers: its JSON, or each of its messages. */
export type AnswerOf<E extends Endpoint> = E['answer'] extends Carries<infer T> ? T : undefined
