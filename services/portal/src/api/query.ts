/** What is undefined or empty is left out. */
export type Query = Readonly<Record<string, string | number | undefined>>;

export function toSearch(query: Query): string {
  const given = Object.entries(query).flatMap(([name, value]) => (value === undefined || value === '' ? [] : [[name, String(value)]]));
  return given.length === 0 ? '' : `?${new URLSearchParams(given).toString()}`;
}
