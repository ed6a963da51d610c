/** What can be done to a repository; `list` is of the whole registry. */
export type Action = 'pull' | 'push' | 'delete' | 'list'

/** One thing that a request wants to do. */
export interface Access {
  /** Empty for what is done to the registry as a whole. */
  readonly repository: string
  readonly action: Action
}

/** Who a request comes from, and what else they may do. */
export interface Admission {
  /** Absent for somebody without an account. */
  readonly user?: string | undefined
  may(access: Access): boolean
}

/** Decides who may do what. */
export interface Gatekeeper {
  /**
   * Admits a request by its Authorization header. Rejects with DistributionError `DISTRIBUTION_UNAUTHORIZED`, which has a challenge,
   * when credentials are wrong, or missing and needed, and `DISTRIBUTION_DENIED` when they do not suffice.
   */
  admit(authorization: string | undefined, needed: Access | undefined): Promise<Admission>
}

/** A registry without accounts: everybody may do everything. */
export const OPEN_GATE: Gatekeeper = { admit: async () => ({ may: () => true }) }
