import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';

type Body = Record<string, unknown>;
type Code = 'validation_failed' | 'invalid_json' | 'invalid_headers' | 'payload_too_large' | 'timestamp_out_of_range' | 'invalid_signature' | 'campaign_mismatch' | 'event_type_not_mapped';

/** A good event, spoiled in one way. Whatever can be signed is signed rightly, so that nothing but the flaw is refused. */
export interface Variant {
  description: string;
  /** Null: Node's own HTTP parser refuses it, in its own words. */
  code: Code | null;
  /** The body instead. */
  body?(event: Body): unknown;
  /** What goes over the wire instead. It is signed as what JSON.parse makes of it, if anything. */
  wire?(text: string): string | Uint8Array;
  /** Header lines instead, given what they should be; undefined leaves one out. */
  headers?: Record<string, (value: string) => string | readonly string[] | undefined>;
  isChunked?: boolean;
}

const WEEK_MS = 7 * 86_400_000;
const inWords = (value: unknown) => (value === undefined ? 'missing' : JSON.stringify(value).slice(0, 60));
const withField = (field: string, value: unknown): Variant => ({
  description: `${field} ${inWords(value)}`, code: 'validation_failed', body: (event) => ({ ...event, [field]: value }),
});
const withWallet = (wallet: unknown): Variant => ({ description: `wallet ${inWords(wallet)}`, code: 'validation_failed', body: (event) => ({ ...event, user: { wallet } }) });
const onWire = (code: Code, description: string, wire: (text: string) => string | Uint8Array): Variant => ({ description, code, wire });
const withHeader = (code: Code | null, name: string, description: string, change: (value: string) => string | readonly string[] | undefined): Variant =>
  ({ description: `${name}: ${description}`, code, headers: { [name]: change } });

const NO_STRINGS = [undefined, null, true, 7, [], ['x'], {}];

const FIELDS: readonly Variant[] = [
  ...['schema_version', 'event_id', 'event_type', 'occurred_at'].flatMap((field) => NO_STRINGS.map((value) => withField(field, value))),
  ...[1, 1.0, '1', '1.1', '2.0', '1.0 ', '', '１.0'].map((value) => withField('schema_version', value)),
  ...['event_id', 'event_type'].flatMap((field) =>
    ['', 'x'.repeat(65), '😀'.repeat(33), 'a\u0000b', 'a\nb', 'a\u007fb', 'a\u0085b', '\ud800', 'x\udc00'].map((value) => withField(field, value))),
  ...[undefined, null, true, '42', [], [42], {}, 0, -1, 1.5, 2 ** 53, 1e21, -0.1].map((value) => withField('campaign_id', value)),
  ...[undefined, null, true, 7, [], 'wallet', {}, { Wallet: `0x${'a'.repeat(40)}` }].map((value) => withField('user', value)),
  ...[...NO_STRINGS, '', '0x', `0x${'a'.repeat(39)}`, `0x${'a'.repeat(41)}`, `0X${'a'.repeat(40)}`, 'a'.repeat(42), `0x${'g'.repeat(40)}`, ` 0x${'a'.repeat(40)}`,
    `0x${'a'.repeat(40)}\n`, `0x${'а'.repeat(40)}`, `0x${'１'.repeat(40)}`].map(withWallet),
  ...['', '2026-01-02', '2026-01-02T03:04:05', '2026-01-02 03:04:05Z', '2026-02-30T00:00:00Z', '2026-13-01T00:00:00Z', '2026-01-02T24:00:01Z', '2026-01-02T03:04:61Z',
    '2026-01-02T03:04:05+25:00', '0000-01-01T00:00:00Z', '-2026-01-02T03:04:05Z', '+012026-01-02T03:04:05Z', 'Fri, 02 Jan 2026 03:04:05 GMT', '1767322945', ' 2026-01-02T03:04:05Z',
    '2026-W01-5T03:04:05Z', '2026-002T03:04:05Z', 'now', '0001-01-01T00:00:00+14:00',
    new Date(Date.now() + WEEK_MS + 3_600_000).toISOString()].map((value) => withField('occurred_at', value)),
  ...[null, true, 5, 'text', [], [{}], {}].map((value): Variant => ({ description: `a body that is ${JSON.stringify(value)}`, code: 'validation_failed', body: () => value })),
  { description: 'a campaign of somebody else', code: 'campaign_mismatch', body: (event) => ({ ...event, campaign_id: 2_147_483_647 }) },
  { description: 'a campaign id that no database could hold', code: 'campaign_mismatch', body: (event) => ({ ...event, campaign_id: Number.MAX_SAFE_INTEGER }) },
  { description: 'a type that is not mapped', code: 'event_type_not_mapped', body: (event) => ({ ...event, event_type: "x'; DROP TABLE awards; --" }) },
];

const nested = (open: string, close: string, depth: number) => (text: string) => `${text.slice(0, -1)},"deep":${open.repeat(depth)}1${close.repeat(depth)}}`;
const smuggled = (key: string) => (text: string) => text.replace('"schema_version":"1.0"', `"${key}":{"schema_version":"1.0"}`);

const TEXTS: readonly Variant[] = [
  onWire('invalid_json', 'nothing', () => ''),
  onWire('invalid_json', 'white space', () => ' \r\n\t'),
  onWire('invalid_json', 'half of it', (text) => text.slice(0, 40)),
  onWire('invalid_json', 'a comma too many', (text) => `${text.slice(0, -1)},}`),
  onWire('invalid_json', 'two of it', (text) => text + text),
  onWire('invalid_json', 'single quotes', (text) => text.replaceAll('"', "'")),
  onWire('invalid_json', 'a comment', (text) => `/* hello */${text}`),
  onWire('invalid_json', 'NaN', (text) => `${text.slice(0, -1)},"n":NaN}`),
  onWire('invalid_json', 'a hexadecimal number', (text) => `${text.slice(0, -1)},"n":0x1}`),
  onWire('invalid_json', 'a number that begins with 0', (text) => `${text.slice(0, -1)},"n":01}`),
  onWire('invalid_json', 'a line break inside a string', (text) => text.replace('purchase', 'pur\nchase')),
  onWire('invalid_json', 'an escape that is none', (text) => text.replace('purchase', String.raw`\x70urchase`)),
  onWire('invalid_json', 'a byte order mark', (text) => `\ufeff${text}`),
  onWire('invalid_json', 'UTF-16', (text) => Buffer.from(text, 'utf16le')),
  onWire('invalid_json', 'bytes that are no UTF-8', (text) => Buffer.concat([Buffer.from(`${text.slice(0, -1)},"n":"`), Buffer.from([0xff, 0xfe]), Buffer.from('"}')])),
  onWire('invalid_json', 'an overlong encoding', (text) => Buffer.concat([Buffer.from(`${text.slice(0, -1)},"n":"`), Buffer.from([0xc0, 0xaf]), Buffer.from('"}')])),
  onWire('invalid_json', 'a surrogate in UTF-8', (text) => Buffer.concat([Buffer.from(`${text.slice(0, -1)},"n":"`), Buffer.from([0xed, 0xa0, 0x80]), Buffer.from('"}')])),
  onWire('invalid_json', 'a form', () => 'schema_version=1.0&event_id=evt_1'),
  onWire('invalid_json', 'arrays 1,000 deep in the body', nested('[', ']', 1_000)),
  onWire('invalid_json', 'objects 1,000 deep in the body', nested('{"a":', '}', 1_000)),
  onWire('invalid_json', 'brackets without end', () => '['.repeat(60_000)),
  onWire('invalid_json', 'as many objects as fit', () => '{"a":'.repeat(13_000)),
  onWire('validation_failed', 'an event id that comes twice, and wrong the second time', (text) => `${text.slice(0, -1)},"event_id":5}`),
  onWire('validation_failed', 'a version inside __proto__', smuggled('__proto__')),
  onWire('validation_failed', 'a version inside constructor', smuggled('constructor')),
  onWire('validation_failed', 'a wallet inside __proto__', (text) => text.replace('"user":{', '"user":{"__proto__":{').replace('}}', '}}}')),
  onWire('validation_failed', 'a campaign id beyond all numbers', (text) => text.replace(/"campaign_id":\d+/, '"campaign_id":1e999')),
  { ...onWire('invalid_json', 'gzip', (text) => gzipSync(text)), headers: { 'Content-Encoding': () => 'gzip' } },
  { ...onWire('invalid_json', 'brotli', (text) => brotliCompressSync(text)), headers: { 'Content-Encoding': () => 'br' } },
  { ...onWire('invalid_json', 'deflate', (text) => deflateSync(text)), headers: { 'Content-Encoding': () => 'deflate' } },
  { ...onWire('invalid_json', 'a bomb', () => gzipSync(Buffer.alloc(50_000_000))), headers: { 'Content-Encoding': () => 'gzip' } },
  onWire('invalid_json', 'gzip that does not say so', (text) => gzipSync(text)),
  { ...onWire('invalid_json', 'an encoding that is none', (text) => text), headers: { 'Content-Encoding': () => 'rot13' } },
];

/** So many bytes, not characters: two for each ü. */
const padded = (bytes: number) => (text: string) => {
  const room = bytes - Buffer.byteLength(text) - ',"pad":""'.length;
  return `${text.slice(0, -1)},"pad":"${'ü'.repeat(Math.floor(room / 2))}${'x'.repeat(room % 2)}"}`;
};

const SIZES: readonly Variant[] = [
  onWire('payload_too_large', '65,537 bytes', padded(65_537)),
  { ...onWire('payload_too_large', '65,537 bytes in chunks, without a length', padded(65_537)), isChunked: true },
  { ...onWire('payload_too_large', 'a megabyte in chunks, without a length', padded(1_048_576)), isChunked: true },
  onWire('payload_too_large', '65,537 blanks around nothing', () => ' '.repeat(65_537)),
  { ...onWire('payload_too_large', 'a length that is said and never comes', () => ''), headers: { 'Content-Length': () => '99999999999' } },
  { ...onWire('invalid_json', 'nothing, in chunks', () => ''), isChunked: true },
];

const X = { keyId: 'X-Buzz-Key-Id', timestamp: 'X-Buzz-Timestamp', signature: 'X-Buzz-Signature' };

const HEADERS: readonly Variant[] = [
  ...Object.values(X).flatMap((name) => [
    withHeader('invalid_headers', name, 'missing', () => undefined),
    withHeader('invalid_headers', name, 'empty', () => ''),
    withHeader('invalid_headers', name, 'blank', () => ' \t '),
    withHeader('invalid_headers', name, 'twice', (value) => [value, value]),
    withHeader('invalid_headers', name, 'in bytes beyond ASCII', (value) => `${value}\u00a0\u00e9`),
    withHeader('invalid_headers', name, 'far too long', (value) => value + '1'.repeat(5_000)),
  ]),
  ...['1767322945.0', '1e9', '0x69573b81', '-1767322945', '+1767322945', '17 67', '2026-01-02T03:04:05Z', '"1767322945"', 'NaN', 'Infinity', '99999999999999999'].map((value) =>
    withHeader('invalid_headers', X.timestamp, value, () => value)),
  ...['0', '1767322945000', '9999999999999999'].map((value) => withHeader('timestamp_out_of_range', X.timestamp, value, () => value)),
  withHeader('timestamp_out_of_range', X.timestamp, '302 s ago', (value) => String(Number(value) - 302)),
  withHeader('timestamp_out_of_range', X.timestamp, '302 s ahead', (value) => String(Number(value) + 302)),
  withHeader('invalid_signature', X.timestamp, 'another one in time', (value) => String(Number(value) - 100)),
  withHeader('invalid_headers', X.signature, '63 digits', (value) => value.slice(1)),
  withHeader('invalid_headers', X.signature, '65 digits', (value) => `${value}0`),
  withHeader('invalid_headers', X.signature, 'no hex', (value) => `g${value.slice(1)}`),
  withHeader('invalid_headers', X.signature, 'base64', (value) => Buffer.from(value, 'hex').toString('base64')),
  ...['v2=', 'v1=v1=', 'V1=', 'v1 =', 'v1:', 'sha256=', '0x', '"'].map((prefix) => withHeader('invalid_headers', X.signature, `with ${prefix}`, (value) => prefix + value)),
  withHeader('invalid_signature', X.signature, 'zeros', () => '0'.repeat(64)),
  withHeader('invalid_signature', X.signature, 'one digit changed', (value) => (value.startsWith('0') ? '1' : '0') + value.slice(1)),
  ...['ick_unknown', 'key_1', '../../etc/passwd', "ick_' OR 1=1 --".replaceAll(' ', ''), '__proto__', 'constructor'].map((value) =>
    withHeader('invalid_signature', X.keyId, value, () => value)),
  withHeader('invalid_headers', X.keyId, 'two words', (value) => `${value} ${value}`),
  ...['text/plain', 'text/json', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'application/jsonp', 'application/json, text/plain', '*/*', ''].map((value) =>
    withHeader('invalid_headers', 'Content-Type', value || 'empty', () => value)),
  withHeader('invalid_headers', 'Content-Type', 'missing', () => undefined),
  withHeader(null, 'X-Large', 'more than 40 KB', () => 'x'.repeat(41_000)),
  withHeader(null, 'Content-Length', 'in words', () => 'many'),
  withHeader(null, 'Content-Length', 'negative', () => '-1'),
  withHeader(null, 'Content-Length', 'twice, and different', (value) => [value, `${Number(value) + 1}`]),
  withHeader(null, 'Transfer-Encoding', 'beside a length', () => 'chunked'),
  withHeader(null, 'X-Broken', 'with a control character', () => 'a\u0000b'),
  withHeader(null, 'Expect', 'what nobody can', () => 'miracles'),
];

export const VARIANTS: readonly Variant[] = [...FIELDS, ...TEXTS, ...SIZES, ...HEADERS];

/** Unusual, and taken. */
export const TAKEN: readonly Omit<Variant, 'code'>[] = [
  { description: 'exactly 65,536 bytes', wire: padded(65_536) },
  { description: 'exactly 65,536 bytes in chunks, without a length', wire: padded(65_536), isChunked: true },
  { description: 'white space around', wire: (text) => `\r\n\t ${text} \n` },
  { description: 'arrays 999 deep in the body', wire: nested('[', ']', 999) },
  { description: 'objects 999 deep in the body', wire: nested('{"a":', '}', 999) },
  { description: 'an event id that comes twice: the last counts', wire: (text) => `{"event_id":5,${text.slice(1)}` },
  { description: 'keys that pollute prototypes', wire: (text) => `${text.slice(0, -1)},"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"toString":null,"hasOwnProperty":1}` },
  { description: 'U+0000, lone surrogates and huge numbers in a further field', wire: (text) => String.raw`${text.slice(0, -1)},"odd":["\u0000","\ud800",1e308,-0,1e999]}` },
  { description: 'integer-like keys', wire: (text) => `${text.slice(0, -1)},"10":1,"9":2,"01":3}` },
  { description: 'an id of 64 characters beyond ASCII', body: (event) => ({ ...event, event_id: '😀'.repeat(32) }) },
  { description: 'a wallet in upper case', body: (event) => ({ ...event, user: { wallet: `0x${'A'.repeat(40)}` } }) },
  { description: 'a time with an offset and many digits', body: (event) => ({ ...event, occurred_at: '2026-01-02T03:04:05.123456789+05:30' }) },
  { description: 'the first time that there is', body: (event) => ({ ...event, occurred_at: '0001-01-01T00:00:00Z' }) },
  { description: 'a time just within 7 days', body: (event) => ({ ...event, occurred_at: new Date(Date.now() + WEEK_MS - 60_000).toISOString() }) },
  { description: 'blanks around the values of headers', headers: Object.fromEntries(Object.values(X).map((name) => [name, (value: string) => ` \t${value} `])) },
  { description: 'v1= before the signature, in upper case', headers: { [X.signature]: (value) => `v1=${value.toUpperCase()}` } },
  { description: 'a charset', headers: { 'Content-Type': () => 'Application/JSON ; charset=UTF-8' } },
  { description: 'the identity encoding', headers: { 'Content-Encoding': () => 'identity' } },
];
