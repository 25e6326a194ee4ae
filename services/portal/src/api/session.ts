import type { PortalTokenView } from '@waggle/contracts';
import { problemFrom } from './problem.ts';

// Of this tab alone: it goes with the tab, and no other tab, no URL and no server's log has it.
const STORED_AS = 'waggle.bearer';

type Listener = () => void;
const listeners = new Set<Listener>();
let bearer: string | null = sessionStorage.getItem(STORED_AS);
let farewell: string | null = null;

export const currentBearer = () => bearer;

/** Why the last session ended, for the sign-in page to say. */
export const lastFarewell = () => farewell;

export function beginSession(token: string): void {
  bearer = token;
  farewell = null;
  sessionStorage.setItem(STORED_AS, token);
  tell();
}

export function endSession(why: string | null = null): void {
  bearer = null;
  farewell = why;
  sessionStorage.removeItem(STORED_AS);
  tell();
}

export function onSessionChange(listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

const tell = () => { for (const listener of listeners) listener(); };

/** The one-time code of a link, taken out of the address before anything else can see it. */
export function takeCode(): string | null {
  const code = new URLSearchParams(location.hash.slice(1)).get('code');
  if (code !== null) history.replaceState(null, '', location.pathname + location.search);
  return code;
}

export async function exchangeCode(code: string): Promise<void> {
  const response = await fetch('/v1/portal-sessions/exchange', {
    method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ code }), credentials: 'omit', referrerPolicy: 'no-referrer',
  });
  if (!response.ok) throw await problemFrom(response);
  const { token }: PortalTokenView = await response.json();
  beginSession(token);
}
