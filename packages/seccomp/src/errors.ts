import { CtError } from '@ct/errors'

/** The codes of {@link SeccompError}; the README's table says what each one means. */
export type SeccompErrorCode = 'SECCOMP_BAD_FILTER' | 'SECCOMP_TOO_LONG'

/** What this package throws on purpose. */
export class SeccompError extends CtError<SeccompErrorCode> {}
