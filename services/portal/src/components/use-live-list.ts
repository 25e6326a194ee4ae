import { useInfiniteQuery, useQuery, useQueryClient, type InfiniteData } from '@tanstack/react-query';
import type { Page } from '@waggle/contracts';
import { useEffect, useMemo } from 'react';
import { list } from '../api/call.ts';
import type { Query } from '../api/query.ts';
import { mergeHead } from './merge-head.ts';

interface LiveListOptions {
  path: string;
  filters: Query;
  /** Items come newest first; the newest are asked for again so often. */
  intervalMs: number;
  isLive: boolean;
}

const PAGE = 200;
const HEAD = 50;

/**
 * A long list that grows at its head: older pages are fetched once, as one scrolls to them; the newest items are looked at again and again and
 * put into what is there. Asking for every page anew would be fifty requests for ten thousand items.
 */
export function useLiveList<Item extends { id: string }>({ path, filters, intervalMs, isLive }: LiveListOptions) {
  const queries = useQueryClient();
  const queryKey = useMemo(() => [path, 'pages', filters], [path, filters]);
  const pages = useInfiniteQuery({
    // Comparing ten thousand items with themselves at each page that comes would stop the scrolling.
    queryKey, initialPageParam: '', staleTime: Infinity, gcTime: 0, structuralSharing: false,
    queryFn: ({ pageParam, signal }) => list<Item>(path, { ...filters, limit: PAGE, cursor: pageParam }, signal),
    getNextPageParam: (last) => (last.has_more ? last.next_cursor : undefined),
  });
  const head = useQuery({
    queryKey: [path, 'head', filters], enabled: isLive && pages.isSuccess, refetchInterval: intervalMs, gcTime: 0,
    queryFn: async ({ signal }) => (await list<Item>(path, { ...filters, limit: HEAD }, signal)).data,
  });
  useEffect(() => {
    if (head.data === undefined) return;
    queries.setQueryData<InfiniteData<Page<Item>, string>>(queryKey, (known) => known && { ...known, pages: mergeHead(known.pages, head.data) });
  }, [head.data, queries, queryKey]);
  const items = useMemo(() => pages.data?.pages.flatMap(({ data }) => data) ?? [], [pages.data]);
  return { items, pages, headError: head.error };
}
