import { defineCommand } from '../parser/command.ts'
import { STORAGE_FLAGS } from '../registry/storage-flags.ts'

/** `ct registry serve`: a private registry in the foreground, until SIGTERM or SIGINT. */
export const registryServe = defineCommand({
  usage: '[OPTIONS]',
  flags: {
    ...STORAGE_FLAGS,
    listen: { type: 'string', short: 'l', placeholder: 'host:port', summary: 'Where to listen (default 127.0.0.1:5000)' },
    open: { type: 'boolean', summary: 'Let everybody who can reach it do everything' },
    htpasswd: { type: 'string', placeholder: 'file', summary: "Accounts, as 'ct registry user add' writes them" },
    'anonymous-pull': { type: 'boolean', summary: 'Let everybody pull; pushes need an account' },
    policy: { type: 'string', placeholder: 'file', summary: 'Who may do what, as a JSON list of {repositories, users, actions}' },
    'token-url': { type: 'string', placeholder: 'url', summary: 'Use tokens, given out at /token of this URL: ours, as clients see it' },
    'token-keys': { type: 'string', placeholder: 'file|url', summary: 'Take tokens of another issuer, with these keys (JWK set or PEM)' },
    'token-issuer': { type: 'string', placeholder: 'name', summary: 'Name of that issuer in its tokens (iss)' },
    'token-service': { type: 'string', placeholder: 'name', summary: 'Name of this registry in its tokens (aud)' },
    'tls-cert': { type: 'string', placeholder: 'file', summary: 'Serve HTTPS with this certificate (PEM, with its chain)' },
    'tls-key': { type: 'string', placeholder: 'file', summary: 'Key of the certificate' },
    'client-ca': { type: 'string', placeholder: 'file', summary: 'Clients need a certificate of these authorities' },
    'read-only': { type: 'boolean', summary: 'Refuse whatever changes something' },
    sparse: { type: 'boolean', summary: 'Take manifests that name blobs or manifests which are not here' },
    quota: { type: 'string', placeholder: 'size', summary: 'Bytes that a repository may have (10g)' },
    uploads: {
      type: 'string',
      placeholder: 'n',
      summary: 'Uploads under way at once (default 1000; 100 to a bucket, at 16 MiB of memory)',
    },
    'user-rate': { type: 'string', placeholder: 'n', summary: 'Requests a second that one user may make' },
    'user-uploads': { type: 'string', placeholder: 'n', summary: 'Uploads that one user may have under way' },
    upstream: { type: 'string', placeholder: 'host', summary: 'Bring what is missing from this registry, without an account, and keep it' },
    webhook: { type: 'list', placeholder: 'url', summary: 'Tell of pushes and deletions by POST, signed with CT_WEBHOOK_SECRET' },
    metrics: { type: 'boolean', summary: 'Serve Prometheus metrics at /metrics, to whoever asks' },
    'gc-interval': { type: 'string', placeholder: 'minutes', summary: 'Remove what nothing needs this often (default 60, 0 is never)' },
    retention: { type: 'string', placeholder: 'file', summary: "Rules for tags that stay, as for 'ct registry gc', at each collection" },
    quiet: { type: 'boolean', short: 'q', summary: 'Do not log requests' },
  },
  args: { min: 0, max: 0 },
  details:
    "Prints 'ct registry ready on URL' when it answers, and logs a line of JSON for each request to stderr. Beyond loopback it wants\naccounts, client certificates or --open. Certificates and accounts are read again when their files change.\n--storage wants @ct/image-store-s3 installed and credentials as every AWS tool finds them; any number of servers share a bucket.",
  examples: [
    'ct registry user add --htpasswd accounts alice < password',
    'ct registry serve --listen 0.0.0.0:5000 --htpasswd accounts --tls-cert tls.crt --tls-key tls.key',
    'ct registry serve --storage s3://images/registry --s3-endpoint https://minio.example:9000',
  ],
  async run({ flags }, context) {
    const { runRegistry } = await import('../registry/index.ts')
    return runRegistry(flags, context)
  },
})
