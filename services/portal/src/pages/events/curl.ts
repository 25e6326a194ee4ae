import { toSearch, type Query } from '../../api/query.ts';

/** For a shell, with the key in its environment: it is in no history and on no clipboard. */
export function curlFor(origin: string, path: string, query: Query = {}): string {
  return `curl -H "Authorization: Bearer $WAGGLE_KEY" ${quoted(`${origin}${path}${toSearch(query)}`)}`;
}

const quoted = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;
