interface UrlRules {
  /** For development: http too. */
  allowsInsecure: boolean;
  isAllowedAddress(address: string): boolean;
}

/** `hostname` is null for a literal address, which has been judged; else the name whose addresses are still to be. */
export type JudgedUrl = { url: string; hostname: string | null } | { refusal: string };

const URL_LENGTH_MAX = 2_048;

/**
 * What may be registered. The WHATWG parser has turned every spelling of an address (decimal, hex, octal, short, mapped) into its one
 * canonical form, which is also what is stored and connected to.
 */
export function judgeEndpointUrl(text: string, { allowsInsecure, isAllowedAddress }: UrlRules): JudgedUrl {
  const url = URL.parse(text);
  if (url === null) return { refusal: 'This is not a URL' };
  if (url.protocol !== 'https:' && !(allowsInsecure && url.protocol === 'http:')) return { refusal: 'Only https URLs are allowed' };
  if (url.username !== '' || url.password !== '') return { refusal: 'User name and password are not allowed in the URL' };
  // A fragment is never sent.
  url.hash = '';
  if (url.href.length > URL_LENGTH_MAX) return { refusal: `At most ${URL_LENGTH_MAX} characters, once written out` };
  const address = addressIn(url.hostname);
  if (address === null) return { url: url.href, hostname: url.hostname };
  return isAllowedAddress(address) ? { url: url.href, hostname: null } : { refusal: `${address} is not a public address` };
}

/** The literal address in a hostname of a parsed URL, else null. */
function addressIn(hostname: string): string | null {
  if (hostname.startsWith('[')) return hostname.slice(1, -1);
  return /^\d+(\.\d+){3}$/.test(hostname) ? hostname : null;
}
