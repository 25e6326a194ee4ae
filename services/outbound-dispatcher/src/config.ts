import { randomBytes } from 'node:crypto';
import { isIP } from 'node:net';
import { perMinute } from '@waggle/http';
import {
  count, databaseConfig, databaseEnvironment, encryptionKeys, flag, list, milliseconds, parseEnvironment, serviceConfig, serviceEnvironment,
} from '@waggle/runtime';
import { z } from 'zod';

const cidrs = list.default([]).refine((items) => items.every(isCidr), 'Must be addresses or CIDRs, with commas between them');
const delays = list
  .default(['5000', '30000', '180000'])
  .transform((items) => items.map(Number))
  .refine((values) => values.every((value) => Number.isInteger(value) && value >= 0), 'Must be milliseconds, with commas between them');

const proxyUrl = z.string().default('').refine((text) => text === '' || isProxyUrl(text), 'Must be http:// or https:// with a host')
  .transform((text) => (text === '' ? undefined : text));

/** Beside an attempt, a lease holds the margin in which its result is recorded, and time to begin it. */
const LEASE_BEYOND_TIMEOUT_MS = 2_000;

const variables = z.object({
  ...serviceEnvironment,
  ...databaseEnvironment(8),
  ENCRYPTION_KEYS: encryptionKeys,
  OPERATION_SECRET: z.string().regex(/^[0-9a-f]{64}$/),
  CORE_INTERNAL_URLS: list,
  API_LIMIT_PER_MINUTE: count(600),
  ALLOW_INSECURE_ENDPOINTS: flag,
  EGRESS_ALLOW_CIDRS: cidrs,
  /** `http://user:password@host:port`: every webhook goes through it, by CONNECT to the address that we have checked. */
  EGRESS_PROXY_URL: proxyUrl,
  DELIVERY_RETRY_DELAYS_MS: delays,
  DELIVERY_TIMEOUT_MS: milliseconds(5_000),
  /** How long a delivery is this instance's alone. A killed instance's work waits for so long. */
  DELIVERY_LEASE_MS: milliseconds(12_000),
  /** Of a workspace's system keys together, and of each of its users. */
  ENDPOINTS_PER_OWNER_MAX: count(100),
  CLEAN_INTERVAL_MS: milliseconds(300_000),
  /** For how long finished deliveries and their bodies are kept. Kafka keeps its topics for 30 days: with less, one that is read anew is sent anew. */
  DELIVERY_RETENTION_DAYS: count(31),
});
const environment = variables.refine(
  ({ DELIVERY_LEASE_MS: leaseMs, DELIVERY_TIMEOUT_MS: timeoutMs }) => leaseMs >= timeoutMs + LEASE_BEYOND_TIMEOUT_MS,
  { path: ['DELIVERY_LEASE_MS'], error: `Must be at least DELIVERY_TIMEOUT_MS and ${LEASE_BEYOND_TIMEOUT_MS}` },
);

export function loadConfig(env: NodeJS.ProcessEnv) {
  const parsed = parseEnvironment(environment, env);
  return {
    ...serviceConfig(parsed, 'outbound-dispatcher'),
    database: databaseConfig(parsed, 'outbound-dispatcher'),
    core: { urls: parsed.CORE_INTERNAL_URLS, token: parsed.INTERNAL_TOKEN, timeoutMs: parsed.INTERNAL_TIMEOUT_MS },
    operationSecret: parsed.OPERATION_SECRET,
    encryptionKeys: parsed.ENCRYPTION_KEYS,
    apiPolicy: perMinute('api', parsed.API_LIMIT_PER_MINUTE),
    allowsInsecureEndpoints: parsed.ALLOW_INSECURE_ENDPOINTS,
    egressExceptions: parsed.EGRESS_ALLOW_CIDRS,
    egressProxyUrl: parsed.EGRESS_PROXY_URL,
    endpointsPerOwnerMax: parsed.ENDPOINTS_PER_OWNER_MAX,
    retryDelaysMs: parsed.DELIVERY_RETRY_DELAYS_MS,
    attemptTimeoutMs: parsed.DELIVERY_TIMEOUT_MS,
    leaseMs: parsed.DELIVERY_LEASE_MS,
    cleanIntervalMs: parsed.CLEAN_INTERVAL_MS,
    deliveryRetentionDays: parsed.DELIVERY_RETENTION_DAYS,
    // New with every process: one that starts again under its old name must not take its predecessor's leases for its own.
    leaseOwner: `${parsed.INSTANCE_ID}#${randomBytes(6).toString('hex')}`,
  };
}
export type Config = ReturnType<typeof loadConfig>;

function isProxyUrl(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && ['http:', 'https:'].includes(url.protocol) && ['', '/'].includes(url.pathname);
}

function isCidr(text: string): boolean {
  const [address = '', prefix, ...rest] = text.split('/');
  const bits = isIP(address) === 4 ? 32 : 128;
  return isIP(address) !== 0 && rest.length === 0 && (prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= bits));
}
