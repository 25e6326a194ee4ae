// What JSON has no place for: a control character, which it escapes.
const SEPARATOR = '\u001f';

/** JSON texts as one parameter, for `string_to_array($n, E'\x1f')`. There must be one at least. */
export function joinJson(texts: readonly string[]): string {
  const joined = texts.join(SEPARATOR);
  if (joined.split(SEPARATOR).length !== texts.length) throw new RangeError('A text with a control character is no JSON');
  return joined;
}
