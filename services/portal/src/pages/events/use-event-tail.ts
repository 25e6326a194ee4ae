import { useQueryClient, type InfiniteData } from '@tanstack/react-query';
import type { Page, RecordedEvent } from '@waggle/contracts';
import { useEffect, useState } from 'react';
import { followEvents, type TailState } from '../../api/event-tail.ts';
import type { Query } from '../../api/query.ts';
import { mergeHead } from '../../components/merge-head.ts';

interface TailOptions {
  /** Of the list into which new events are put. */
  queryKey: readonly unknown[];
  query: Query;
  isOn: boolean;
}

/** Puts what happens from now on in front of the list that is shown. */
export function useEventTail({ queryKey, query, isOn }: TailOptions): { state: TailState | 'off'; error: unknown } {
  const queries = useQueryClient();
  const [state, setState] = useState<TailState>('connecting');
  const [error, setError] = useState<unknown>(null);
  useEffect(() => {
    if (!isOn) return undefined;
    const ending = new AbortController();
    const onEvent = (event: RecordedEvent) => queries.setQueryData<InfiniteData<Page<RecordedEvent>, string>>(queryKey, (known) => known && { ...known, pages: mergeHead(known.pages, [event]) });
    setError(null);
    followEvents({ query, signal: ending.signal, onEvent, onState: setState }).catch(setError);
    return () => ending.abort();
  }, [queries, queryKey, query, isOn]);
  return { state: isOn ? state : 'off', error };
}
