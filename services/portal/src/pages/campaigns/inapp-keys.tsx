import { Button, NativeSelect, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { call } from '../../api/call.ts';
import { useMe } from '../../api/queries.ts';
import { Card } from '../../components/card.tsx';
import { Confirm } from '../../components/confirm.tsx';
import { CopyField, CopyId } from '../../components/copy.tsx';
import { CreationForm, growing } from '../../components/creation-form.tsx';
import { DataTable } from '../../components/data-table.tsx';
import { toCount } from '../../components/format.ts';
import { Listing } from '../../components/listing.tsx';
import { Moment } from '../../components/moment.tsx';
import { Empty, Failure } from '../../components/states.tsx';
import { StatusPill } from '../../components/status-pill.tsx';
import { usePages } from '../../components/use-pages.ts';
import { pathOf, type InappKey } from './types.ts';

export const keysPath = (campaignId: number) => `${pathOf(campaignId)}/inapp-keys`;

export function InappKeys({ campaignId }: { campaignId: number }) {
  const path = keysPath(campaignId);
  const { pages, items } = usePages<InappKey>({ path, pageSize: 200 });
  const [leaving, setLeaving] = useState<InappKey | null>(null);
  const columns = [
    { title: 'Label', cell: ({ label }: InappKey) => <span className="break">{label}</span> },
    { title: 'Key id', cell: ({ key_id: id }: InappKey) => <CopyId id={id} what="key id" /> },
    { title: 'Environment', cell: ({ environment }: InappKey) => <StatusPill status={environment} /> },
    { title: 'Limit', cell: ({ rate_limit_per_minute: limit }: InappKey) => <span className="number">{toCount(limit)} a minute</span> },
    { title: 'Made', cell: ({ created_at: at }: InappKey) => <Moment at={at} as="ago" /> },
    { title: '', cell: (key: InappKey) => <Button variant="default" size="compact-xs" aria-label={`Revoke ${key.label}`} onClick={() => setLeaving(key)}>Revoke</Button> },
  ];
  return (
    <Card title="In-app keys" about="Sign the events that your app sends. Awards of a test key are kept apart.">
      <Listing pages={pages} isEmpty={items.length === 0} empty={<Empty title="No key yet" isInner>Make one, and sign a first event with it under Event signer.</Empty>}>
        <DataTable label="In-app keys" columns={columns} items={items} keyOf={({ key_id: id }) => id} />
      </Listing>
      <Creation path={path} />
      <Revocation path={path} leaving={leaving} onClose={() => setLeaving(null)} />
    </Card>
  );
}

function Creation({ path }: { path: string }) {
  const me = useMe();
  const [draft, setDraft] = useState({ label: '', environment: 'test', limit: '100' });
  const [made, setMade] = useState<InappKey | null>(null);
  const change = (changes: Partial<typeof draft>) => setDraft((before) => ({ ...before, ...changes }));
  if (me?.portal_session === true) return <p className="muted">You came by a portal link, which makes no keys. Sign in with an API key to make one.</p>;
  const body = { label: draft.label.trim(), environment: draft.environment, rate_limit_per_minute: Number(draft.limit) };
  return (
    <>
      <CreationForm path={path} body={body} isWhole={body.label !== ''} submitLabel="Make key" isMinor onMade={setMade}>
        <TextInput className={growing} label="Label" placeholder="backend" maxLength={200} value={draft.label} onChange={(event) => change({ label: event.currentTarget.value })} />
        <NativeSelect label="Environment" data={['test', 'live']} value={draft.environment} onChange={(event) => change({ environment: event.currentTarget.value })} />
        <TextInput label="Events a minute" type="number" min={1} max={600_000} w={130} value={draft.limit} onChange={(event) => change({ limit: event.currentTarget.value })} />
      </CreationForm>
      {made?.secret !== undefined && <><p>The secret of <code>{made.key_id}</code>. Copy it now: it is shown this once.</p><CopyField text={made.secret} what="in-app secret" /></>}
    </>
  );
}

function Revocation({ path, leaving, onClose }: { path: string; leaving: InappKey | null; onClose(): void }) {
  const queries = useQueryClient();
  const revocation = useMutation({
    mutationFn: () => call(`${path}/${leaving?.key_id}`, { method: 'DELETE' }),
    async onSuccess() {
      onClose();
      await queries.invalidateQueries({ queryKey: [path] });
    },
  });
  return (
    <Confirm title="Revoke this key?" confirmLabel="Revoke key" isDangerous isOpen={leaving !== null} isPending={revocation.isPending} onConfirm={() => revocation.mutate()} onClose={onClose}>
      Events signed with <strong>{leaving?.label}</strong> are refused within five seconds. Awards stay.
      {revocation.isError && <Failure error={revocation.error} />}
    </Confirm>
  );
}
