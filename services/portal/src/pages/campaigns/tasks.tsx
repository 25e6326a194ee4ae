import { NativeSelect, TextInput } from '@mantine/core';
import { useState } from 'react';
import { Card } from '../../components/card.tsx';
import { CreationForm, growing } from '../../components/creation-form.tsx';
import { DataTable } from '../../components/data-table.tsx';
import { toCount } from '../../components/format.ts';
import { Listing } from '../../components/listing.tsx';
import { Empty } from '../../components/states.tsx';
import { usePages } from '../../components/use-pages.ts';
import { pathOf, type Task } from './types.ts';

export const tasksPath = (campaignId: number) => `${pathOf(campaignId)}/tasks`;

export function Tasks({ campaignId }: { campaignId: number }) {
  const path = tasksPath(campaignId);
  const { pages, items } = usePages<Task>({ path, pageSize: 200 });
  const columns = [
    { title: 'Task', cell: ({ name }: Task) => <span className="break">{name}</span> },
    { title: 'Points', cell: ({ points }: Task) => <span className="number">{toCount(points)}</span> },
    { title: 'Per wallet', cell: ({ recurrence }: Task) => recurrence },
    { title: 'Awarded', cell: ({ awards_used: used, max_awards: most }: Task) => <span className="number">{toCount(used)}{most !== null && ` of ${toCount(most)}`}</span> },
    { title: 'Id', cell: ({ id }: Task) => <code className="muted">{id}</code> },
  ];
  return (
    <Card title="Tasks" about="What is worth points, and how often.">
      <Listing pages={pages} isEmpty={items.length === 0} empty={<Empty title="No task yet" isInner>Make one: it says what an event is worth.</Empty>}>
        <DataTable label="Tasks" columns={columns} items={items} keyOf={({ id }) => id} />
      </Listing>
      <Creation path={path} />
    </Card>
  );
}

const RECURRENCES = ['once', 'daily', 'weekly', 'unlimited'];

function Creation({ path }: { path: string }) {
  const [draft, setDraft] = useState({ name: '', points: '10', recurrence: 'once', max: '' });
  const change = (changes: Partial<typeof draft>) => setDraft((before) => ({ ...before, ...changes }));
  const body = { name: draft.name.trim(), points: Number(draft.points), recurrence: draft.recurrence, ...(draft.max !== '' && { max_awards: Number(draft.max) }) };
  return (
    <CreationForm path={path} body={body} isWhole={body.name !== ''} submitLabel="Make task" isMinor onMade={() => change({ name: '' })}>
      <TextInput className={growing} label="Task name" placeholder="First purchase" maxLength={200} value={draft.name} onChange={(event) => change({ name: event.currentTarget.value })} />
      <TextInput label="Points" type="number" min={1} w={90} value={draft.points} onChange={(event) => change({ points: event.currentTarget.value })} />
      <NativeSelect label="Per wallet" data={RECURRENCES} value={draft.recurrence} onChange={(event) => change({ recurrence: event.currentTarget.value })} />
      <TextInput label="Most in all" type="number" min={1} w={110} placeholder="no limit" value={draft.max} onChange={(event) => change({ max: event.currentTarget.value })} />
    </CreationForm>
  );
}
