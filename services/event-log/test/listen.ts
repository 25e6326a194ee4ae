import { Agent, get, type IncomingMessage } from 'node:http';

/** One event of a stream. */
interface Told {
  event: string;
  id: string;
  data: { id: string } & Record<string, unknown>;
}

const agent = new Agent({ maxSockets: Infinity });

/** A listener as a browser's EventSource is one, without reconnecting: what it has been told so far, and its last event id. */
export async function listen(url: string, key: string, headers: Record<string, string> = {}) {
  const request = get(url, { agent, headers: { authorization: `Bearer ${key}`, accept: 'text/event-stream', ...headers } });
  const response = await new Promise<IncomingMessage>((resolve, reject) => request.once('response', resolve).once('error', reject));
  const told: Told[] = [];
  const listener = { status: response.statusCode, type: response.headers['content-type'], told, lastEventId: '', heartbeats: 0, hasEnded: false, leave: () => { request.destroy(); } };
  let rest = '';
  response.setEncoding('utf8');
  response.on('data', (chunk: string) => {
    const blocks = (rest + chunk).split('\n\n');
    rest = blocks.pop()!;
    for (const block of blocks) take(block);
  });
  response.on('error', () => undefined);
  response.on('close', () => { listener.hasEnded = true; });

  function take(block: string) {
    if (block.startsWith(':')) listener.heartbeats++;
    const fields = new Map(block.split('\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trimStart()]));
    listener.lastEventId = fields.get('id') ?? listener.lastEventId;
    const data = fields.get('data');
    if (data !== undefined) told.push({ event: fields.get('event') ?? 'message', id: listener.lastEventId, data: JSON.parse(data) });
  }

  return listener;
}
