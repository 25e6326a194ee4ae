import { Button, Group, Modal, Stack, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { call } from '../../api/call.ts';
import { Card } from '../../components/card.tsx';
import { DataTable } from '../../components/data-table.tsx';
import { toCount } from '../../components/format.ts';
import { Listing } from '../../components/listing.tsx';
import { Moment } from '../../components/moment.tsx';
import { Empty, Failure } from '../../components/states.tsx';
import { usePages } from '../../components/use-pages.ts';
import { tasksPath } from './tasks.tsx';
import { pathOf, type Award, type Task } from './types.ts';

const REFRESH_MS = 3_000;
type Entry = Award & { reason: string | null };

export function Awards({ campaignId }: { campaignId: number }) {
  const path = `${pathOf(campaignId)}/awards`;
  const { pages, items } = usePages<Entry>({ path, intervalMs: REFRESH_MS });
  const { items: tasks } = usePages<Task>({ path: tasksPath(campaignId), pageSize: 200 });
  const [leaving, setLeaving] = useState<Entry | null>(null);
  const revoked = new Set(items.map(({ revokes }) => revokes));
  const columns = [
    { title: 'Points', cell: ({ points }: Entry) => <strong className="number">{points > 0 ? '+' : ''}{toCount(points)}</strong> },
    { title: 'Wallet', cell: ({ wallet }: Entry) => <code title={wallet}>{wallet.slice(0, 8)}…{wallet.slice(-4)}</code> },
    { title: 'Task', cell: ({ task_id: id }: Entry) => tasks.find((task) => task.id === id)?.name ?? <code>{id}</code> },
    { title: 'Event', cell: ({ event_id: id, reason }: Entry) => (reason === null ? <code className="break">{id}</code> : <span className="muted">taken back: {reason}</span>) },
    { title: 'Awarded', cell: ({ awarded_at: at }: Entry) => <span className="muted"><Moment at={at} /></span> },
    {
      title: '',
      cell: (entry: Entry) => entry.revokes === null && !revoked.has(entry.id) && <Button variant="default" size="compact-xs" aria-label={`Take back ${entry.points} points of ${entry.wallet}`} onClick={() => setLeaving(entry)}>Take back</Button>,
    },
  ];
  return (
    <Card title="Awards" about="A ledger: what is taken back stands in it as an entry of its own.">
      <Listing pages={pages} isEmpty={items.length === 0} empty={<Empty title="No award yet" isInner>Points are awarded when an event fits a mapping. Look under In-app events for what came and why it got nothing.</Empty>}>
        <DataTable label="Awards" columns={columns} items={items} keyOf={({ id }) => id} />
      </Listing>
      <Revocation path={path} leaving={leaving} onClose={() => setLeaving(null)} />
    </Card>
  );
}

function Revocation({ path, leaving, onClose }: { path: string; leaving: Entry | null; onClose(): void }) {
  const queries = useQueryClient();
  const [reason, setReason] = useState('');
  const revocation = useMutation({
    mutationFn: () => call(`${path}/${leaving?.id}/revoke`, { method: 'POST', body: { reason: reason.trim() } }),
    async onSuccess() {
      onClose();
      setReason('');
      await queries.invalidateQueries({ queryKey: [path] });
    },
  });
  return (
    <Modal opened={leaving !== null} onClose={onClose} title="Take these points back?" centered lockScroll={false} closeButtonProps={{ 'aria-label': 'Close' }}>
      <Stack>
        <TextInput label="Reason" description="It stays in the ledger." maxLength={2_000} value={reason} onChange={(event) => setReason(event.currentTarget.value)} />
        {revocation.isError && <Failure error={revocation.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>Cancel</Button>
          <Button color="red.9" disabled={reason.trim() === ''} loading={revocation.isPending} onClick={() => revocation.mutate()}>Take back</Button>
        </Group>
      </Stack>
    </Modal>
  );
}

interface Ranked {
  rank: number;
  wallet: string;
  points: number;
  awards: number;
}

export function Leaderboard({ campaignId }: { campaignId: number }) {
  const { pages, items } = usePages<Ranked>({ path: `${pathOf(campaignId)}/leaderboard`, intervalMs: REFRESH_MS });
  const columns = [
    { title: 'Rank', cell: ({ rank }: Ranked) => <strong className="number">{rank}</strong> },
    { title: 'Wallet', cell: ({ wallet }: Ranked) => <code className="break">{wallet}</code> },
    { title: 'Points', cell: ({ points }: Ranked) => <strong className="number">{toCount(points)}</strong> },
    { title: 'Awards', cell: ({ awards }: Ranked) => <span className="number">{toCount(awards)}</span> },
  ];
  return (
    <Card title="Leaderboard" about="Live awards only; test awards are kept apart.">
      <Listing pages={pages} isEmpty={items.length === 0} empty={<Empty title="Nobody has points yet" isInner>The first live award opens the board.</Empty>}>
        <DataTable label="Leaderboard" columns={columns} items={items} keyOf={({ wallet }) => wallet} />
      </Listing>
    </Card>
  );
}
