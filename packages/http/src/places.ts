import type { Caller } from './caller.ts';
import { Problem } from './problem.ts';

interface PlacesSettings {
  /** In this process. */
  max: number;
  /** So many of them one workspace may have; a quarter unless another is given. */
  ofOneMax?: number;
  /** In the plural, as `exports`: stands in the problem's `detail`. */
  name: string;
  retryAfterSeconds: number;
}

export interface Places {
  /** Throws 503 `unavailable` when there is none for this workspace. */
  check(caller: Pick<Caller, 'workspaceId'>): void;
  /** Gives it back when called. */
  take(caller: Pick<Caller, 'workspaceId'>): () => void;
}

/** What is long and costly has few places in a process. One workspace gets a part of them, so that it cannot keep all others out. */
export function createPlaces({ max, ofOneMax = Math.max(1, Math.floor(max / 4)), name, retryAfterSeconds }: PlacesSettings): Places {
  const taken = new Map<string, number>();
  let all = 0;

  function change(workspaceId: string, by: 1 | -1) {
    const count = (taken.get(workspaceId) ?? 0) + by;
    if (count === 0) taken.delete(workspaceId);
    else taken.set(workspaceId, count);
    all += by;
  }

  return {
    check({ workspaceId }) {
      const detail = detailOf(taken.get(workspaceId) ?? 0);
      if (detail !== null) throw new Problem('unavailable', { detail, headers: { 'retry-after': String(retryAfterSeconds) } });
    },
    take({ workspaceId }) {
      change(workspaceId, 1);
      return () => change(workspaceId, -1);
    },
  };

  function detailOf(count: number): string | null {
    if (all >= max) return `Too many ${name} at once in this instance`;
    return count >= ofOneMax ? `Too many ${name} of this workspace at once: an instance takes ${ofOneMax} of one workspace` : null;
  }
}
