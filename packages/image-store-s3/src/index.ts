export { BucketError, type BucketErrorCode } from './errors.ts'
export { S3ImageStore, type S3ImageStoreOptions } from './s3-image-store.ts'
