import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { useStack } from '@waggle/testkit';
import { expect, test } from '@jest/globals';

const stack = useStack();
const service = join(import.meta.dirname, '..');

test('the migrations make what the schema says', () => {
  const env = { ...process.env, DATABASE_URL: stack.databaseUrl('behavior-core'), CHECKPOINT_DISABLE: '1', PRISMA_SCHEMA_ENGINE_BINARY: join(service, '../../scripts/prisma-schema-engine.mjs') };
  const args = ['migrate', 'diff', '--from-config-datasource', '--to-schema', 'prisma/schema.prisma'];
  const output = execFileSync(join(service, '../../node_modules/.bin/prisma'), args, { cwd: service, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  expect(output).toContain('No difference');
}, 60_000);
