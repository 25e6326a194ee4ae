import { stringify } from 'yaml';
import { asyncApiDocument } from './asyncapi.ts';
import { eventSchemas } from './events.ts';
import { openApiDocument } from './openapi.ts';

/** Every generated file, by its path under docs/. */
export function documents(): Map<string, string> {
  return new Map([
    ['openapi.json', toJson(openApiDocument())],
    ['asyncapi.yaml', `# Made by \`npm run documents\` from packages/contracts: change that.\n${stringify(asyncApiDocument(), { aliasDuplicateObjects: false, lineWidth: 160 })}`],
    ...[...eventSchemas()].map(([name, schema]) => [`schemas/${name}`, toJson(schema)] as const),
  ]);
}

const toJson = (value: object) => `${JSON.stringify(value, null, 2)}\n`;
