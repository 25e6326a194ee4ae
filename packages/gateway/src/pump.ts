import type { Readable, Writable } from 'node:stream';

/**
 * Like `pipe`: what one side cannot take, the other does not send. But when the sink is gone the source goes on and is thrown away,
 * since a client that is still sending its body must get to read its answer. `inspect` sees each chunk first; false ends the flow.
 */
export function pump(source: Readable, sink: Writable, inspect: (chunk: Buffer) => boolean = () => true): void {
  source.on('data', (chunk: Buffer) => {
    if (inspect(chunk) && !sink.destroyed && !sink.write(chunk)) source.pause();
  });
  source.on('end', () => {
    if (!sink.destroyed) sink.end();
  });
  sink.on('drain', () => source.resume());
  sink.on('close', () => source.resume());
}
