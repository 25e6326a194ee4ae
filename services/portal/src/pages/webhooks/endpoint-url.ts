export interface UrlVerdict {
  /** Certain to be refused. */
  fault: string | null;
  /** Taken perhaps, depending on how this Waggle is set up. */
  warning: string | null;
}

const GOOD: UrlVerdict = { fault: null, warning: null };
const PRIVATE = /^(?:localhost|127\.|10\.|192\.168\.|169\.254\.|172\.(?:1[6-9]|2\d|3[01])\.|\[|.*\.(?:local|internal|localhost)$)/i;
const LENGTH_MAX = 2_048;

/** What can be said of a URL while it is typed; the last word is the server's, which resolves its name too. */
export function judgeUrl(text: string): UrlVerdict {
  const trimmed = text.trim();
  if (trimmed === '') return GOOD;
  if (trimmed.length > LENGTH_MAX) return { fault: `At most ${LENGTH_MAX} characters`, warning: null };
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(trimmed)) return { fault: 'Begin with https://', warning: null };
  if (!URL.canParse(trimmed)) return { fault: 'This is not a URL', warning: null };
  const url = new URL(trimmed);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return { fault: 'Only https:// can be called', warning: null };
  if (url.username !== '' || url.password !== '') return { fault: 'Leave user and password out; use a custom header instead', warning: null };
  if (url.protocol === 'http:') return { fault: null, warning: 'Plain http:// is taken in development only' };
  if (PRIVATE.test(url.hostname)) return { fault: null, warning: 'This address is not public; it is taken only where the operator allows it' };
  return GOOD;
}
