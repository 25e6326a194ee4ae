import { useInfiniteQuery } from '@tanstack/react-query';
import { list } from '../api/call.ts';
import type { Query } from '../api/query.ts';

interface PagesOptions {
  path: string;
  filters?: Query;
  pageSize?: number;
  intervalMs?: number;
  isEnabled?: boolean;
}

/** A list of the API, page after page. */
export function usePages<Item>({ path, filters = {}, pageSize = 50, intervalMs, isEnabled = true }: PagesOptions) {
  const pages = useInfiniteQuery({
    queryKey: [path, filters], initialPageParam: '', enabled: isEnabled, refetchInterval: intervalMs ?? false,
    queryFn: ({ pageParam, signal }) => list<Item>(path, { ...filters, limit: pageSize, cursor: pageParam }, signal),
    getNextPageParam: (last) => (last.has_more ? last.next_cursor : undefined),
  });
  return { pages, items: pages.data?.pages.flatMap(({ data }) => data) ?? [] };
}
