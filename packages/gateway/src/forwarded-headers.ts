/**
 * Never passed on from a client: what belongs to one connection (RFC 9110 §7.6.1), what says where a request came from
 * (only the gateway may), and what services believe of each other. One list for both modes.
 */
export const DROPPED_REQUEST_HEADERS = [
  'connection', 'keep-alive', 'proxy-connection', 'proxy-authorization', 'te', 'trailer', 'upgrade', 'http2-settings', 'expect',
  'forwarded', 'x-real-ip', 'x-forwarded-for', 'x-forwarded-proto', 'x-forwarded-host', 'x-forwarded-port', 'x-forwarded-prefix',
  'x-forwarded-server', 'x-forwarded-scheme', 'x-forwarded-ssl', 'x-forwarded-path', 'x-forwarded-uri', 'x-forwarded-user',
  'x-internal-token', 'x-waggle-internal-token',
] as const;

/** An answer's framing is made anew for the client's connection. */
const DROPPED_ANSWER_HEADERS = ['connection', 'keep-alive', 'proxy-connection', 'proxy-authenticate', 'te', 'trailer', 'transfer-encoding', 'upgrade'];

const droppedFromRequest = new Set<string>(DROPPED_REQUEST_HEADERS);
const droppedFromAnswer = new Set<string>(DROPPED_ANSWER_HEADERS);

/** Names and values in turn, as Node's `rawHeaders` has them and its `writeHead` takes them. */
export type RawHeaders = string[];

interface Origin {
  address: string;
  host: string;
}

/** Host goes through as it came; who asked is what the gateway saw on the connection, whatever the client says. */
export function toUpstream(raw: readonly string[], { address, host }: Origin): RawHeaders {
  const headers = without(droppedFromRequest, raw);
  headers.push('X-Forwarded-For', address, 'X-Forwarded-Proto', 'http', 'X-Forwarded-Host', host);
  return headers;
}

export function toClient(raw: readonly string[]): RawHeaders {
  return without(droppedFromAnswer, raw);
}

function without(dropped: ReadonlySet<string>, raw: readonly string[]): RawHeaders {
  const kept: RawHeaders = [];
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const [name, value] = [raw[index]!, raw[index + 1]!];
    if (!dropped.has(name.toLowerCase())) kept.push(name, value);
  }
  return kept;
}
