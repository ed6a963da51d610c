/** What a registry, or its token service, accepts as proof of who is asking. */
export type Credentials = { readonly username: string; readonly password: string } | { readonly identityToken: string }

/** Finds the credentials for a registry, named as in references (`docker.io`, `localhost:5000`); `undefined` means anonymous. */
export type CredentialsProvider = (host: string) => Promise<Credentials | undefined>
