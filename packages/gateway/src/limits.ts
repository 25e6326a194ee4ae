/** The same figures in both modes. */
export const BODY_BYTES_MAX = 64 * 1024 * 1024;
export const CONNECT_TIMEOUT_MS = 1_000;
/** How long after its arrival a request may still be tried elsewhere; shorter than any silence, so that a slow answer is not asked for twice. */
export const RETRY_WITHIN_MS = 3_000;
/** Longer than the longest that a service takes to answer (bulk: 10 s). */
export const SILENCE_TIMEOUT_MS = 60_000;
/** 64 MB over a slow line. Who sends nothing at all is cut off by the silence. */
export const REQUEST_TIMEOUT_MS = 3_600_000;
/** A stream may have nothing to say. */
export const STREAM_SILENCE_TIMEOUT_MS = 3_600_000;
/** For the next request of a client. The services keep theirs to the gateway for 65 s. */
export const CLIENT_IDLE_TIMEOUT_MS = 65_000;
