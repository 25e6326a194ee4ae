import { request } from '../../api/call.ts';

interface Export {
  format: 'ndjson' | 'csv';
  since: string | undefined;
  until: string | undefined;
}

/** Fetched and not linked to: an address must not hold the key. */
export async function exportEvents({ format, since, until }: Export): Promise<void> {
  const response = await request('/v1/events/export', { query: { format, since, until } });
  const url = URL.createObjectURL(await response.blob());
  const link = document.createElement('a');
  link.href = url;
  link.download = `events.${format}`;
  link.click();
  URL.revokeObjectURL(url);
}
