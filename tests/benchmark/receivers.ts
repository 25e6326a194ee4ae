import { createServer } from 'node:http';
import { z } from 'zod';

// Partners' endpoints in a process of their own: 200 at once on every path but /hang, which never answers. Counts by path, and keeps for each
// event when it first arrived, in milliseconds of the wall clock. `GET /counts` and `GET /arrivals` tell, `POST /reset` forgets.
const counts = new Map<string, number>();
const arrivals = new Map<string, number>();
const port = z.coerce.number().parse(process.argv[2]);

const told: Readonly<Record<string, () => Map<string, number>>> = { '/counts': () => counts, '/arrivals': () => arrivals };

function count(path: string, id: string) {
  counts.set(path, (counts.get(path) ?? 0) + 1);
  if (path !== '/hang' && !arrivals.has(id)) arrivals.set(id, performance.timeOrigin + performance.now());
}

const server = createServer((request, response) => {
  const path = request.url ?? '';
  const id = request.headers['webhook-id'];
  if (typeof id === 'string') count(path, id);
  if (path === '/reset') for (const map of [counts, arrivals]) map.clear();
  const answer = told[path] === undefined ? 'ok' : JSON.stringify(Object.fromEntries(told[path]()));
  request.resume().once('end', () => {
    if (path !== '/hang') response.end(answer);
  });
});
server.listen(port, '127.0.0.1', () => console.log('ready'));
