import { fromBase64, hmacSha256, sha256, toBase64, toHex, utf8 } from '../../api/hmac.ts';

/** What is signed: the exact text of the body, and for Standard Webhooks the id and the attempt's time in Unix seconds. */
export interface Signable {
  id: string;
  timestamp: number;
  body: string;
}

export interface DeliverySignatures {
  /** `X-Buffy-Signature`. */
  hex: string;
  /** `webhook-signature`; null when the secret does not end in Base64. */
  standard: string | null;
}

const PREFIX = 'whsec_';
const withoutPrefix = (secret: string) => (secret.startsWith(PREFIX) ? secret.slice(PREFIX.length) : secret);

/** As the dispatcher signs an attempt (contract, section 4). */
export async function signDelivery(secret: string, { id, timestamp, body }: Signable): Promise<DeliverySignatures> {
  const key = fromBase64(withoutPrefix(secret));
  return {
    hex: toHex(await hmacSha256(secret, body)),
    standard: key === null ? null : await standardOf(key, { id, timestamp, body }),
  };
}

const standardOf = async (key: string | Uint8Array<ArrayBuffer>, { id, timestamp, body }: Signable) => `v1,${toBase64(await hmacSha256(key, `${id}.${timestamp}.${body}`))}`;

/** By them a receiver's raw body is compared with ours. */
export async function measureBody(body: string): Promise<{ bytes: number; digest: string }> {
  return { bytes: utf8(body).length, digest: toHex(await sha256(body)) };
}

export interface Verdict {
  isRight: boolean;
  /** What it says of the receiver, or of the secret. */
  words: string;
}

interface Case {
  given: string;
  secret: string;
  message: Signable;
  /** When the other attempts were made: each has a `webhook-signature` of its own. */
  otherTimes: readonly number[];
}

/** What a signature is that somebody received, or that their code computed: ours, or one of the mistakes that are made. */
export async function judgeSignature({ given, secret, message, otherTimes }: Case): Promise<Verdict> {
  const candidates = given.trim().split(/\s+/).map((one) => one.toLowerCase());
  const isGiven = (signature: string | null) => signature !== null && candidates.some((one) => [signature.toLowerCase(), signature.toLowerCase().replace('v1,', '')].includes(one));
  const right = await signDelivery(secret, message);
  if (isGiven(right.hex)) return { isRight: true, words: 'This is the X-Buffy-Signature of this delivery: the secret is right, and so is the body it was computed over.' };
  if (isGiven(right.standard)) return { isRight: true, words: 'This is the webhook-signature of this attempt: the secret, the id, the time and the body are right.' };
  for (const [signature, words] of await mistakes({ secret, message, otherTimes })) if (isGiven(signature)) return { isRight: false, words };
  return { isRight: false, words: UNKNOWN };
}

const UNKNOWN = 'It was made with another secret, or over other bytes. If you received it, this is not the secret that signed the attempt: perhaps it was rotated since, or belongs to another endpoint. '
  + 'If your code computed it, compare the length and the digest of the raw body first.';

const PARSED = 'It was computed over the parsed body, written out again. Take the raw bytes as they came, before any JSON parser.';

/** Python's `json.dumps` puts a space behind each comma and colon outside of strings. */
const spaced = (body: string) => body.replaceAll(/"(?:[^"\\]|\\.)*"|[,:]/g, (token) => (token === ',' || token === ':' ? `${token} ` : token));

async function mistakes({ secret, message, otherTimes }: Omit<Case, 'given'>): Promise<(readonly [signature: string | null, words: string])[]> {
  const { body } = message;
  const [bare, key] = [withoutPrefix(secret), fromBase64(withoutPrefix(secret))];
  const hex = async (used: string | Uint8Array<ArrayBuffer>, text: string) => toHex(await hmacSha256(used, text));
  const rewritten = [`${body}\n`, spaced(body), ...[2, 4, '\t'].map((indent) => indented(body, indent))];
  return [
    [toBase64(await hmacSha256(secret, body)), 'The key and the body are right, but it is Base64: X-Buffy-Signature is lower-case hex.'],
    [await hex(bare, body), 'The key was the secret without its whsec_: for X-Buffy-Signature it is the whole string.'],
    [key && (await hex(key, body)), 'The key was the decoded secret, which is right for webhook-signature: for X-Buffy-Signature it is the whole string, whsec_ included.'],
    ...(await Promise.all(rewritten.map(async (text) => [await hex(secret, text), PARSED] as const))),
    [await standardOf(secret, message), 'The key was the whole string: for webhook-signature it is the decoded part behind whsec_.'],
    [await standardOf(bare, message), 'The key was the text behind whsec_: for webhook-signature it has to be decoded from Base64 first.'],
    ...(await Promise.all(otherTimes.map(async (timestamp) => [key && (await standardOf(key, { ...message, timestamp })), OTHER_ATTEMPT] as const))),
  ];
}

const OTHER_ATTEMPT = 'This is the webhook-signature of another attempt of this delivery: each has a time of its own. The secret is right.';

function indented(body: string, indent: number | string): string {
  try {
    return JSON.stringify(JSON.parse(body), null, indent);
  } catch {
    return body;
  }
}
