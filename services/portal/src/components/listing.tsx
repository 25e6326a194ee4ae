import { Button } from '@mantine/core';
import type { ReactNode } from 'react';
import { Bones, Failure } from './states.tsx';
import type { usePages } from './use-pages.ts';

interface ListingProps {
  pages: ReturnType<typeof usePages>['pages'];
  isEmpty: boolean;
  /** Says what to do next. */
  empty: ReactNode;
  children: ReactNode;
  rows?: number;
}

/** A list in each of its states: coming, failed, empty, there, and with more to come. */
export function Listing({ pages, isEmpty, empty, children, rows = 3 }: ListingProps) {
  if (pages.isPending) return <Bones rows={rows} height={36} />;
  if (pages.isError && isEmpty) return <Failure error={pages.error} onRetry={() => pages.refetch()} />;
  if (isEmpty) return empty;
  return (
    <>
      {children}
      {pages.isError && <Failure error={pages.error} onRetry={() => pages.fetchNextPage()} />}
      {pages.hasNextPage && <div><Button variant="default" size="xs" loading={pages.isFetchingNextPage} onClick={() => void pages.fetchNextPage()}>Show more</Button></div>}
    </>
  );
}
