import { fileURLToPath } from 'node:url';
import { parseEnvironment, port, processConfig, processEnvironment } from '@waggle/runtime';
import { z } from 'zod';

/** Where the portal's build puts its files. */
export const PORTAL_DIRECTORY = fileURLToPath(new URL('../../../services/portal/dist', import.meta.url));

const json = z.string().transform((text, context): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    context.addIssue('is not JSON');
    return z.NEVER;
  }
});

const upstreams = z.record(z.string(), z.array(z.url({ protocol: /^http$/ })).nonempty());

const environment = z.object({
  ...processEnvironment,
  PORT: port.default(8080),
  INTERNAL_PORT: port.default(8081),
  /** Service → the addresses of its instances. */
  UPSTREAMS: json.pipe(upstreams),
  /** Requests of one client address; 0: any number. */
  ADDRESS_LIMIT_PER_MINUTE: z.coerce.number().int().min(0).default(0),
  PORTAL_DIRECTORY: z.string().default(PORTAL_DIRECTORY),
});

export function loadConfig(env: NodeJS.ProcessEnv) {
  const parsed = parseEnvironment(environment, env);
  return {
    ...processConfig(parsed),
    upstreams: parsed.UPSTREAMS,
    portalDirectory: parsed.PORTAL_DIRECTORY,
    addressLimitPerMinute: parsed.ADDRESS_LIMIT_PER_MINUTE,
  };
}
export type Config = ReturnType<typeof loadConfig>;
