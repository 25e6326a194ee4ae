import { FEED } from '@waggle/contracts';

/** The channels that a user has connected, by name, beside the feed. */
export type Connections = ReadonlyMap<string, { isFailing: boolean }>;

/** Contract, section 3: the first connected of the activity's, the preferred ones, and where the user answered last; one that fails is passed over. */
export function chooseChannel(wanted: { activity: readonly string[]; preferred: readonly string[]; answered: string | null }, connections: Connections): string {
  const candidates = [...wanted.activity, ...wanted.preferred, ...(wanted.answered === null ? [] : [wanted.answered])];
  return candidates.find((channel) => channel === FEED || connections.get(channel)?.isFailing === false) ?? FEED;
}
