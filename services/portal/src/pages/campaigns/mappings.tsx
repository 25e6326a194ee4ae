import { NativeSelect, Switch, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { call } from '../../api/call.ts';
import { Card } from '../../components/card.tsx';
import { CreationForm, growing } from '../../components/creation-form.tsx';
import { DataTable } from '../../components/data-table.tsx';
import { Listing } from '../../components/listing.tsx';
import { Empty, Failure } from '../../components/states.tsx';
import { usePages } from '../../components/use-pages.ts';
import { tasksPath } from './tasks.tsx';
import { pathOf, type Mapping, type Task } from './types.ts';

export function Mappings({ campaignId }: { campaignId: number }) {
  const path = `${pathOf(campaignId)}/mappings`;
  const { pages, items } = usePages<Mapping>({ path, pageSize: 200 });
  const { items: tasks } = usePages<Task>({ path: tasksPath(campaignId), pageSize: 200 });
  const nameOf = (id: string) => tasks.find((task) => task.id === id)?.name ?? id;
  const columns = [
    { title: 'Event type', cell: ({ event_type: type }: Mapping) => <code className="break">{type}</code> },
    { title: 'Task', cell: ({ task_id: id }: Mapping) => nameOf(id) },
    { title: 'Active', cell: (mapping: Mapping) => <Activation path={path} mapping={mapping} /> },
  ];
  return (
    <Card title="Mappings" about="Which event does which task. One type may do several.">
      <Listing pages={pages} isEmpty={items.length === 0} empty={<Empty title="No mapping yet" isInner>Map an event type to a task; until then its events are refused.</Empty>}>
        <DataTable label="Mappings" columns={columns} items={items} keyOf={({ id }) => id} />
      </Listing>
      <Creation path={path} tasks={tasks} />
    </Card>
  );
}

function Activation({ path, mapping: { id, active, event_type: type } }: { path: string; mapping: Mapping }) {
  const queries = useQueryClient();
  const change = useMutation({
    mutationFn: (isActive: boolean) => call(`${path}/${id}`, { method: 'PATCH', body: { active: isActive } }),
    onSettled: () => queries.invalidateQueries({ queryKey: [path] }),
  });
  return <><Switch aria-label={`${type} is active`} checked={active} disabled={change.isPending} onChange={(event) => change.mutate(event.currentTarget.checked)} />{change.isError && <Failure error={change.error} />}</>;
}

function Creation({ path, tasks }: { path: string; tasks: readonly Task[] }) {
  const [type, setType] = useState('');
  const [chosen, setChosen] = useState('');
  const body = { event_type: type.trim(), task_id: tasks.some(({ id }) => id === chosen) ? chosen : (tasks[0]?.id ?? '') };
  return (
    <CreationForm path={path} body={body} isWhole={body.event_type !== '' && body.task_id !== ''} submitLabel="Map" isMinor onMade={() => setType('')}>
      <TextInput className={growing} label="Event type" placeholder="purchase_completed" maxLength={64} spellCheck={false} value={type} onChange={(event) => setType(event.currentTarget.value)} />
      <NativeSelect label="Does the task" data={tasks.map(({ id, name }) => ({ value: id, label: name }))} value={body.task_id} onChange={(event) => setChosen(event.currentTarget.value)} />
    </CreationForm>
  );
}
