import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsCommand,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3'
import { asBucketError, isUnsupported, statusOf } from './errors.ts'

/** What a bucket tells of an object. */
export interface ObjectInfo {
  readonly key: string
  readonly sizeBytes: number
  /** To the second, by the clock of the service. */
  readonly modifiedAtMs: number
  /** Changes with the content. */
  readonly etag: string
}

/** A body that comes in parts. */
export interface PartedUpload {
  readonly key: string
  readonly id: string
}

/** A part that the bucket has. */
export interface Part {
  readonly ETag: string
  readonly PartNumber: number
}

/** The part of a bucket below a prefix: keys are those without it, errors those of this package. */
export class Bucket {
  readonly #client: S3Client
  readonly #name: string
  readonly #prefix: string

  constructor(client: S3Client, { bucket, prefix }: { readonly bucket: string; readonly prefix: string }) {
    this.#client = client
    this.#name = bucket
    this.#prefix = prefix
  }

  /** What a key is called for people. */
  place(key = ''): string {
    return `s3://${this.#name}/${this.#prefix}${key}`
  }

  async head(key: string, signal?: AbortSignal): Promise<ObjectInfo | undefined> {
    const input = this.#at(key)
    const answer = await this.#find(key, (abortSignal) => this.#client.send(new HeadObjectCommand(input), { abortSignal }), signal)
    return (
      answer && {
        key,
        sizeBytes: answer.ContentLength ?? 0,
        modifiedAtMs: answer.LastModified?.getTime() ?? 0,
        etag: answer.ETag ?? '',
      }
    )
  }

  /** The bytes of an object from an offset on; `undefined` when it is not there. */
  async get(
    key: string,
    { offset = 0, signal }: { readonly offset?: number; readonly signal?: AbortSignal | undefined } = {},
  ): Promise<{ readonly sizeBytes: number; readonly body: AsyncGenerator<Uint8Array, void, undefined> } | undefined> {
    const input = { ...this.#at(key), ...(offset > 0 && { Range: `bytes=${offset}-` }) }
    const answer = await this.#find(key, (abortSignal) => this.#client.send(new GetObjectCommand(input), { abortSignal }), signal)
    if (answer === undefined) return undefined
    return { sizeBytes: answer.ContentLength ?? 0, body: this.#read(key, answer.Body as AsyncIterable<Uint8Array>, signal) }
  }

  async put(key: string, bytes: Uint8Array): Promise<void> {
    const input = { ...this.#at(key), Body: bytes, ContentLength: bytes.byteLength }
    await this.#do(key, () => this.#client.send(new PutObjectCommand(input)))
  }

  /** Removing what is not there is no error. */
  async remove(key: string, signal?: AbortSignal): Promise<void> {
    await this.#do(key, (abortSignal) => this.#client.send(new DeleteObjectCommand(this.#at(key)), { abortSignal }), signal)
  }

  /** Objects whose keys begin so, by key. Pages by the last key (version 1 of the call), which every service understands. */
  async *list(start: string, pageSize = 1000): AsyncGenerator<ObjectInfo, void, undefined> {
    let Marker: string | undefined
    for (;;) {
      const input = { Bucket: this.#name, Prefix: `${this.#prefix}${start}`, MaxKeys: pageSize, ...(Marker !== undefined && { Marker }) }
      const { Contents = [], IsTruncated = false } = await this.#do(start, () => this.#client.send(new ListObjectsCommand(input)))
      for (const { Key = '', Size = 0, LastModified, ETag = '' } of Contents) {
        Marker = Key
        yield { key: Key.slice(this.#prefix.length), sizeBytes: Size, modifiedAtMs: LastModified?.getTime() ?? 0, etag: ETag }
      }
      if (!IsTruncated || Contents.length === 0) return
    }
  }

  /** Copies an object within the bucket, which moves no bytes here. */
  async copy(from: string, to: string): Promise<void> {
    await this.#do(to, () => this.#client.send(new CopyObjectCommand({ ...this.#at(to), CopySource: this.#source(from) })))
  }

  async startParts(key: string): Promise<PartedUpload> {
    const { UploadId: id = '' } = await this.#do(key, () => this.#client.send(new CreateMultipartUploadCommand(this.#at(key))))
    return { key, id }
  }

  async putPart({ key, id }: PartedUpload, PartNumber: number, bytes: Uint8Array): Promise<Part> {
    const input = { ...this.#at(key), UploadId: id, PartNumber, Body: bytes }
    const { ETag = '' } = await this.#do(key, () => this.#client.send(new UploadPartCommand(input)))
    return { ETag, PartNumber }
  }

  /** A part that is some bytes of another object; `last` is among them. */
  async copyPart(
    { key, id }: PartedUpload,
    PartNumber: number,
    { from, first, last }: { readonly from: string; readonly first: number; readonly last: number },
  ): Promise<Part> {
    const range = { CopySource: this.#source(from), CopySourceRange: `bytes=${first}-${last}` }
    const input = { ...this.#at(key), UploadId: id, PartNumber, ...range }
    const { CopyPartResult } = await this.#do(key, () => this.#client.send(new UploadPartCopyCommand(input)))
    return { ETag: CopyPartResult?.ETag ?? '', PartNumber }
  }

  /** Makes one object of all parts, which is seen only now. */
  async completeParts({ key, id }: PartedUpload, parts: readonly Part[]): Promise<void> {
    const input = { ...this.#at(key), UploadId: id, MultipartUpload: { Parts: [...parts] } }
    await this.#do(key, () => this.#client.send(new CompleteMultipartUploadCommand(input)))
  }

  /** Gives an upload up; a service without this call removes the parts by itself. */
  async abortParts({ key, id }: PartedUpload): Promise<void> {
    try {
      await this.#do(key, () => this.#client.send(new AbortMultipartUploadCommand({ ...this.#at(key), UploadId: id })))
    } catch (error) {
      if (!isUnsupported(error)) throw error
    }
  }

  /** Uploads in parts that are neither complete nor aborted. */
  async *listParted(start: string): AsyncGenerator<PartedUpload & { readonly startedAtMs: number }, void, undefined> {
    let markers = {}
    for (;;) {
      const input = { Bucket: this.#name, Prefix: `${this.#prefix}${start}`, ...markers }
      const answer = await this.#do(start, () => this.#client.send(new ListMultipartUploadsCommand(input)))
      for (const { Key = '', UploadId = '', Initiated } of answer.Uploads ?? [])
        yield { key: Key.slice(this.#prefix.length), id: UploadId, startedAtMs: Initiated?.getTime() ?? Date.now() }
      if (answer.IsTruncated !== true) return
      markers = { KeyMarker: answer.NextKeyMarker, UploadIdMarker: answer.NextUploadIdMarker }
    }
  }

  #at(key: string): { readonly Bucket: string; readonly Key: string } {
    return { Bucket: this.#name, Key: `${this.#prefix}${key}` }
  }

  /** In a prefix there may be signs that mean something in an address, such as `?`. */
  #source(key: string): string {
    return `${this.#name}/${this.#prefix}${key}`.split('/').map(encodeURIComponent).join('/')
  }

  async *#read(key: string, body: AsyncIterable<Uint8Array>, signal?: AbortSignal): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      yield* body
    } catch (error) {
      signal?.throwIfAborted()
      throw asBucketError(error, this.place(key))
    }
  }

  async #do<T>(key: string, work: (signal: AbortSignal | undefined) => Promise<T>, signal?: AbortSignal): Promise<T> {
    signal?.throwIfAborted()
    try {
      return await work(signal)
    } catch (error) {
      signal?.throwIfAborted()
      throw asBucketError(error, this.place(key))
    }
  }

  /** The same for what may be absent. */
  async #find<T>(key: string, work: (signal: AbortSignal | undefined) => Promise<T>, signal?: AbortSignal): Promise<T | undefined> {
    const find = async (abortSignal: AbortSignal | undefined): Promise<T | undefined> => {
      try {
        return await work(abortSignal)
      } catch (error) {
        if (statusOf(error) === 404 && error instanceof Error && error.name !== 'NoSuchBucket') return undefined
        throw error
      }
    }
    return this.#do(key, find, signal)
  }
}
