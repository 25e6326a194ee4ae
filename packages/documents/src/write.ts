import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { incompatibilities } from './compatibility.ts';
import { documents } from './documents.ts';

// `npm run documents`: writes docs/openapi.json, docs/asyncapi.yaml and docs/schemas/ from the contracts. The schemas that lie there are what
// readers go by: one that they could not go on with is not written.
const folder = join(import.meta.dirname, '../../../docs');
for (const [path, text] of documents()) {
  const file = join(folder, path);
  const breaks = path.startsWith('schemas/') && existsSync(file) ? incompatibilities(JSON.parse(readFileSync(file, 'utf8')), JSON.parse(text)) : [];
  if (breaks.length > 0) {
    console.error(`${path} is not written: readers could not go on with it. It needs a .v2, on a topic of its own.\n  ${breaks.join('\n  ')}`);
    process.exitCode = 1;
    continue;
  }
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}
