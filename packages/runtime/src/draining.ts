import type { IncomingMessage, Server, ServerResponse } from 'node:http';

/**
 * Stops a server without cutting anybody off: what is under way is finished, with `connection: close`, and so is what comes on the same
 * connections until then. By itself Node waits until kept connections have been idle for their whole time-out, and serves whatever they go on
 * asking. To be made before the server listens; what it returns resolves when the last connection is closed.
 */
export function createDraining(server: Server): () => Promise<void> {
  const inFlight = new Set<ServerResponse>();
  let isStopping = false;

  const watch = (_request: IncomingMessage, response: ServerResponse) => {
    inFlight.add(response);
    response.shouldKeepAlive &&= !isStopping;
    response.once('close', () => {
      inFlight.delete(response);
      // Its head may have said before that the connection is kept.
      if (isStopping) setImmediate(() => server.closeIdleConnections());
    });
  };
  server.prependListener('request', watch);
  server.prependListener('checkContinue', watch);

  return async () => {
    isStopping = true;
    for (const response of inFlight) response.shouldKeepAlive = false;
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeIdleConnections();
    await closed;
  };
}
