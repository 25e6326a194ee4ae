import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { canonicalJson } from './canonical-json.ts';
import { inappDigest, isSameSignature, signInAppDigest, signInAppEvent } from './inapp-signature.ts';

/** The rule again, written another way: escapes, sort and numbers by hand, without JSON.stringify, and keys compared unit by unit. */
function second(value: unknown): string {
  if (value === null) return 'null';
  if (typeof value === 'string') return quote(value);
  if (typeof value === 'number') return Object.is(value, -0) ? '0' : String(value);
  if (typeof value === 'object') return compound(value);
  return value === true ? 'true' : 'false';
}

function compound(value: object): string {
  const items: string[] = [];
  if (Array.isArray(value)) {
    for (const item of value) items.push(second(item));
    return '['.concat(items.join(','), ']');
  }
  const keys = Object.getOwnPropertyNames(value);
  keys.sort(byUnits);
  for (const key of keys) items.push(quote(key).concat(':', second(Object.getOwnPropertyDescriptor(value, key)!.value)));
  return '{'.concat(items.join(','), '}');
}

function byUnits(a: string, b: string): number {
  for (let index = 0; index < Math.min(a.length, b.length); index++) {
    const difference = a.charCodeAt(index) - b.charCodeAt(index);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

const SHORT: Record<number, string> = { 8: '\\b', 9: '\\t', 10: '\\n', 12: '\\f', 13: '\\r', 34: '\\"', 92: '\\\\' };

function quote(text: string): string {
  let quoted = '"';
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    const isHigh = unit >= 0xd800 && unit <= 0xdbff;
    const isLow = unit >= 0xdc00 && unit <= 0xdfff;
    const next = text.charCodeAt(index + 1);
    if (isHigh && next >= 0xdc00 && next <= 0xdfff) quoted += text[index]! + text[++index]!;
    else if (isHigh || isLow || (unit < 0x20 && SHORT[unit] === undefined)) quoted += `\\u${unit.toString(16).padStart(4, '0')}`;
    else quoted += SHORT[unit] ?? text[index]!;
  }
  return `${quoted}"`;
}

const key = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.nat().map(String),
  fc.constantFrom('__proto__', 'constructor', 'toJSON', '10', '9', '01', '', '\ud800', '\udc00', '\uffff', '\u{10000}'),
);
const scalar = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 8 }).map((units) => String.fromCharCode(...units)),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.constantFrom(-0, 1e21, 1e-7, 5e-324, 1.7976931348623157e308, 123456789012345680000),
  fc.maxSafeInteger(),
  fc.boolean(),
  fc.constant(null),
);
const { json } = fc.letrec((tie) => ({
  json: fc.oneof({ depthSize: 'small' }, scalar, fc.array(tie('json'), { maxLength: 6 }), fc.array(fc.tuple(key, tie('json')), { maxLength: 8 }).map(toObject)),
}));

/** As JSON.parse makes it: `__proto__` is a key like any other. */
function toObject(entries: [string, unknown][]): object {
  const object = {};
  for (const [name, value] of entries) Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true });
  return object;
}

test('two implementations agree on any JSON', () => {
  fc.assert(fc.property(json, (value) => {
    expect(canonicalJson(value)).toBe(second(value));
  }), { numRuns: 2_000 });
});

const { subtle } = globalThis.crypto;
const utf8 = (text: string) => new TextEncoder().encode(text);
const hex = (bytes: ArrayBuffer) => Array.from(new Uint8Array(bytes), (byte) => (byte < 16 ? '0' : '') + byte.toString(16)).join('');

/** The signature again: Web Crypto over the second canonical form. */
async function secondSignature(secret: string, timestamp: string, value: unknown): Promise<string> {
  const digest = hex(await subtle.digest('SHA-256', utf8(second(value))));
  const secretKey = await subtle.importKey('raw', utf8(secret), { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
  return hex(await subtle.sign('HMAC', secretKey, utf8([timestamp.trim(), digest].join('\n'))));
}

test('two signers agree on any JSON, secret and time, and the server takes what they say', async () => {
  const anyTimestamp = fc.tuple(fc.constantFrom('', ' ', '\t'), fc.integer({ min: 0, max: 4_102_444_800 }).map(String)).map(([space, time]) => space + time + space);
  await fc.assert(fc.asyncProperty(json, fc.string({ unit: 'grapheme', minLength: 1 }), anyTimestamp, async (value, secret, timestamp) => {
    const signature = await secondSignature(secret, timestamp, value);
    expect(signInAppEvent(secret, timestamp, value)).toBe(signature);
    // A server sees the text, in whatever layout, and not the value.
    const parsed: unknown = JSON.parse(JSON.stringify(value, null, 2));
    expect(isSameSignature(signInAppDigest(secret, timestamp, inappDigest(parsed)), `v1=${signature.toUpperCase()}`)).toBe(true);
  }), { numRuns: 150 }); // each signs by Web Crypto, on threads that other suites keep busy too
});

test('the order of keys and the white space of a text do not matter', () => {
  fc.assert(fc.property(json, (value) => {
    const shuffled = JSON.parse(JSON.stringify(value, null, 3), (_name, item: unknown) =>
      (typeof item === 'object' && item !== null && !Array.isArray(item) ? toObject(Object.entries(item).toReversed()) : item));
    expect(canonicalJson(shuffled)).toBe(canonicalJson(value));
  }), { numRuns: 500 });
});

test.each([
  { description: 'integer-like keys sort as text', text: '{"9":1,"10":2,"2":3}', canonical: '{"10":2,"2":3,"9":1}' },
  { description: 'order is by UTF-16 unit, not by code point', text: '{"\\uffff":1,"\\ud83d\\ude00":2}', canonical: '{"😀":2,"\uffff":1}' },
  { description: 'upper case comes first', text: '{"a":1,"B":2}', canonical: '{"B":2,"a":1}' },
  { description: 'numbers print as ECMAScript prints them', text: '[1.0,1e21,-0,1E-7,100]', canonical: '[1,1e+21,0,1e-7,100]' },
  { description: 'lone surrogates stay escaped', text: '["\\ud800"]', canonical: '["\\ud800"]' },
  { description: 'nothing is escaped that need not be', text: '["\\u00e9\\u2028\\/"]', canonical: '["é\u2028/"]' },
  { description: '__proto__ is a key', text: '{"b":1,"__proto__":{"z":1,"a":2}}', canonical: '{"__proto__":{"a":2,"z":1},"b":1}' },
  { description: 'of two equal keys the last counts', text: '{"a":1,"a":2}', canonical: '{"a":2}' },
])('$description', ({ text, canonical }) => {
  expect(canonicalJson(JSON.parse(text))).toBe(canonical);
});
