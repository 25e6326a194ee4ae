import { useInfiniteQuery } from '@tanstack/react-query';
import { list } from '../api/call.ts';
import type { Query } from '../api/query.ts';

interface PagesOptions {
  path: string;
  filters?: Query;
  pageSize?: number;
  intervalMs?: number;
  /** What comes is put in front by somebody else: what is there is never asked for again, and not compared with itself. */
  isTailed?: boolean;
}

/** A list of the API, page after page. */
export function usePages<Item>({ path, filters = {}, pageSize = 50, intervalMs, isTailed = false }: PagesOptions) {
  const pages = useInfiniteQuery({
    queryKey: [path, filters], initialPageParam: '', refetchInterval: intervalMs ?? false, ...(isTailed && { staleTime: Infinity, gcTime: 0, structuralSharing: false }),
    queryFn: ({ pageParam, signal }) => list<Item>(path, { ...filters, limit: pageSize, cursor: pageParam }, signal),
    getNextPageParam: (last) => (last.has_more ? last.next_cursor : undefined),
  });
  return { pages, items: pages.data?.pages.flatMap(({ data }) => data) ?? [] };
}
