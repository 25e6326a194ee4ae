/**
 * Canonical JSON (contract, section 5): null and scalars as JSON.stringify prints them, arrays in order, object keys in JavaScript's
 * default sort (by UTF-16 unit) at each level, no white space. Written out by hand because a rebuilt object would put integer-like keys
 * first and take `__proto__` for its prototype. Depth is the caller's to limit.
 */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonicalJson(item)}`).join(',')}}`;
}
