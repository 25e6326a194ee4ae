import { Button, Modal, NativeSelect, TextInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconPlus } from '@tabler/icons-react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { ActivityView } from '@waggle/contracts';
import { useState, type FormEvent } from 'react';
import { call } from '../../api/call.ts';
import { useMe } from '../../api/queries.ts';
import { Failure } from '../../components/states.tsx';
import classes from './activities.module.css';

const TYPES = [{ value: 'habit', label: 'Habit: again and again' }, { value: 'task', label: 'Task: once' }, { value: 'routine', label: 'Routine: in steps' }];

export function NewActivity({ userId }: { userId: string | undefined }) {
  const [isOpen, { open, close }] = useDisclosure(false);
  return (
    <>
      <Button leftSection={<IconPlus size={17} />} onClick={open}>New activity</Button>
      <Modal opened={isOpen} onClose={close} title="New activity" lockScroll={false} closeButtonProps={{ 'aria-label': 'Close' }}><Form userId={userId} onDone={close} /></Modal>
    </>
  );
}

function Form({ userId, onDone }: { userId: string | undefined; onDone(): void }) {
  const queries = useQueryClient();
  const isWorkspace = useMe()?.user_id === null;
  const [draft, setDraft] = useState({ user: userId ?? '', type: 'habit', name: '', steps: '' });
  const change = (changes: Partial<typeof draft>) => setDraft((before) => ({ ...before, ...changes }));
  const creation = useMutation({
    mutationFn: () => call<ActivityView>('/v1/activities', { method: 'POST', body: toBody(draft, isWorkspace) }),
    async onSuccess() {
      onDone();
      await Promise.all([queries.invalidateQueries({ queryKey: ['activities'] }), queries.invalidateQueries({ queryKey: ['users'] })]);
    },
  });
  function submit(event: FormEvent) {
    event.preventDefault();
    creation.mutate();
  }
  return (
    <form className={classes.form} onSubmit={submit}>
      {isWorkspace && <TextInput label="User" description="Yours; who is not known is created" placeholder="usr_…" required value={draft.user} onChange={(event) => change({ user: event.currentTarget.value })} />}
      <NativeSelect label="Type" data={TYPES} value={draft.type} onChange={(event) => change({ type: event.currentTarget.value })} />
      <TextInput label="Name" placeholder="Drink water" required maxLength={200} value={draft.name} onChange={(event) => change({ name: event.currentTarget.value })} />
      {draft.type === 'routine' && <TextInput label="Steps" description="Apart by commas" placeholder="Stretch, Read" value={draft.steps} onChange={(event) => change({ steps: event.currentTarget.value })} />}
      {creation.isError && <Failure error={creation.error} />}
      <Button type="submit" loading={creation.isPending} disabled={draft.name.trim() === '' || (isWorkspace && draft.user.trim() === '')}>Create</Button>
    </form>
  );
}

function toBody({ user, type, name, steps }: { user: string; type: string; name: string; steps: string }, isWorkspace: boolean) {
  const named = steps.split(',').map((step) => step.trim()).filter((step) => step !== '');
  return { type, name: name.trim(), ...(isWorkspace && { user_id: user.trim() }), ...(type === 'routine' && { steps: named.map((step) => ({ name: step })) }) };
}
