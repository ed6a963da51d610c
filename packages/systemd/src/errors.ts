import { CtError } from '@ct/errors'

/** The codes of {@link SystemdError}; the README's table says what each one means. */
export type SystemdErrorCode = 'SYSTEMD_BAD_NAME' | 'SYSTEMD_BAD_ANSWER' | 'SYSTEMD_REFUSED' | 'SYSTEMD_UNAVAILABLE'

/** What this package throws on purpose. */
export class SystemdError extends CtError<SystemdErrorCode> {}
