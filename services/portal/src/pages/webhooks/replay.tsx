import { Button, Checkbox, Group, TextInput } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import type { OperationView } from '@waggle/contracts';
import { useState } from 'react';
import { call } from '../../api/call.ts';
import { toCount } from '../../components/format.ts';
import { fromLocalInput, toLocalInput } from '../../components/local-input.ts';
import { Failure } from '../../components/states.tsx';
import classes from './replay.module.css';

interface Range {
  since: string;
  until: string;
  statuses: string[];
}

const DAY_MS = 86_400_000;
const STATUSES = ['failed', 'skipped'];

function toBody({ since, until, statuses }: Range) {
  return { since: fromLocalInput(since), ...(until !== '' && { until: fromLocalInput(until) }), statuses };
}

/** How many it would be is counted while the range is chosen. */
export function Replay({ endpointId }: { endpointId: string }) {
  const [range, setRange] = useState<Range>({ since: toLocalInput(new Date(Date.now() - DAY_MS)), until: '', statuses: STATUSES });
  const change = (changes: Partial<Range>) => setRange((before) => ({ ...before, ...changes }));
  const path = `/v1/webhooks/endpoints/${endpointId}/replay`;
  const isWhole = range.since !== '' && range.statuses.length > 0;
  const preview = useQuery({
    queryKey: ['replay', endpointId, range], enabled: isWhole,
    queryFn: ({ signal }) => call<{ count: number }>(path, { method: 'POST', body: { ...toBody(range), dry_run: true }, signal }),
  });
  const replay = useMutation({ mutationFn: () => call<{ operation_id: string; count: number }>(path, { method: 'POST', body: toBody(range) }) });
  return (
    <div className={classes.form}>
      <Fields range={range} change={change} />
      <div className={classes.count} role="status">
        {isWhole && preview.isPending && <span className="muted">Counting …</span>}
        {preview.data !== undefined && <span><strong className="number">{toCount(preview.data.count)}</strong> {preview.data.count === 1 ? 'delivery' : 'deliveries'} in this range</span>}
      </div>
      {[preview.error, replay.error].map((error, index) => error !== null && <Failure key={index} error={error} />)}
      <Group><Button variant="default" disabled={!isWhole || (preview.data?.count ?? 0) === 0} loading={replay.isPending} onClick={() => replay.mutate()}>Replay</Button></Group>
      {replay.data !== undefined && <Progress operationId={replay.data.operation_id} />}
    </div>
  );
}

function Fields({ range: { since, until, statuses }, change }: { range: Range; change(changes: Partial<Range>): void }) {
  const toggle = (status: string) => change({ statuses: statuses.includes(status) ? statuses.filter((one) => one !== status) : [...statuses, status] });
  return (
    <>
      <div className={classes.times}>
        <TextInput type="datetime-local" label="Since" value={since} onChange={(event) => change({ since: event.currentTarget.value })} />
        <TextInput type="datetime-local" label="Until (now if empty)" value={until} onChange={(event) => change({ until: event.currentTarget.value })} />
      </div>
      <Group>{STATUSES.map((status) => <Checkbox key={status} label={status} checked={statuses.includes(status)} onChange={() => toggle(status)} />)}</Group>
    </>
  );
}

function Progress({ operationId }: { operationId: string }) {
  const operation = useQuery({
    queryKey: ['operations', operationId], queryFn: ({ signal }) => call<OperationView>(`/v1/operations/${operationId}`, { signal }),
    refetchInterval: ({ state }) => (state.data?.status === 'completed' ? false : 1_000),
  });
  if (operation.isError) return <Failure error={operation.error} />;
  const { status = 'pending', done = 0, total = 0, failed = 0 } = operation.data ?? {};
  return <p role="status">Replay {status}: <span className="number">{toCount(done)} of {toCount(total)}</span> sent{failed > 0 && <>, {toCount(failed)} failed again</>}.</p>;
}
