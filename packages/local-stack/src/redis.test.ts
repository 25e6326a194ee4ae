import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { ROOT } from './data-directory.ts';
import { MEMORY } from './redis.ts';

test('Redis has the same bounds here and in containers', () => {
  const compose = readFileSync(join(ROOT, 'docker-compose.yml'), 'utf8');
  expect(compose).toContain(`${MEMORY.join(', ')}]`);
});
