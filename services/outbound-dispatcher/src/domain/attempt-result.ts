/** What one HTTP request came to. Null where it did not get so far. */
export interface AttemptResult {
  statusCode: number | null;
  /** Why there was no whole answer, as one word; null when its body ended properly or reached what we read of it. */
  failure: string | null;
  retryAfter: string | null;
  /** The beginning of the answer's body. */
  responseBody: string | null;
}

const OK = 200;

/** Null for success, else the attempt's `error`. The contract: 200 and a whole body, nothing else. */
export function errorOf({ statusCode, failure }: AttemptResult): string | null {
  if (statusCode !== null && statusCode !== OK) return `status_${statusCode}`;
  return failure;
}
