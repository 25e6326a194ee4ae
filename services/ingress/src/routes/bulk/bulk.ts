import { perMinute, type Route } from '@waggle/http';
import { bulkJsonHandler, type BulkJsonDeps } from './bulk-json.ts';
import { bulkLinesHandler, type BulkLinesDeps } from './bulk-lines.ts';

interface BulkDeps extends BulkJsonDeps, BulkLinesDeps {
  limitPerMinute: number;
}

const JSON_BYTES_MAX = 2 * 1024 * 1024;

/** `POST /v1/activities/bulk` (guide "Bulk": backfills and batch completions), as JSON or line by line. */
export function bulkRoute({ limitPerMinute, ...deps }: BulkDeps): Route {
  const policy = perMinute('bulk', limitPerMinute);
  return {
    method: 'post',
    path: '/v1/activities/bulk',
    bodyLimitBytes: JSON_BYTES_MAX,
    count: ({ caller, limit }) => limit(policy, caller.keyId),
    handle: bulkJsonHandler(deps),
    stream: { isOfType: (contentType) => /^application\/x-ndjson *(;|$)/i.test(contentType ?? ''), handle: bulkLinesHandler(deps) },
  };
}
