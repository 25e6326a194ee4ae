import { Button } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { ApiKeyView } from '@waggle/contracts';
import { useState } from 'react';
import { call } from '../../api/call.ts';
import { useMe } from '../../api/queries.ts';
import { Confirm } from '../../components/confirm.tsx';
import { DataTable } from '../../components/data-table.tsx';
import { Moment } from '../../components/moment.tsx';
import { Failure } from '../../components/states.tsx';

const orDash = (at: string | null) => (at === null ? <span className="muted">—</span> : <Moment at={at} as="ago" />);

export function KeyTable({ path, keys }: { path: string; keys: readonly ApiKeyView[] }) {
  const [leaving, setLeaving] = useState<ApiKeyView | null>(null);
  const me = useMe();
  const columns = [
    { title: 'Label', cell: ({ id, label }: ApiKeyView) => <span className="break">{label}{id === me?.key_id && <span className="muted"> (this one)</span>}</span> },
    { title: 'Key', cell: ({ key_prefix: prefix }: ApiKeyView) => <code>{prefix}…</code> },
    { title: 'Made', cell: ({ created_at: at }: ApiKeyView) => <Moment at={at} as="ago" /> },
    { title: 'Last used', cell: ({ last_used_at: at }: ApiKeyView) => orDash(at) },
    { title: 'Expires', cell: ({ expires_at: at }: ApiKeyView) => orDash(at) },
    { title: '', cell: (key: ApiKeyView) => <Button variant="default" size="compact-xs" aria-label={`Revoke ${key.label}`} onClick={() => setLeaving(key)}>Revoke</Button> },
  ];
  return (
    <>
      <DataTable label="API keys" columns={columns} items={keys} keyOf={({ id }) => id} />
      <Revocation path={path} leaving={leaving} onClose={() => setLeaving(null)} />
    </>
  );
}

function Revocation({ path, leaving, onClose }: { path: string; leaving: ApiKeyView | null; onClose(): void }) {
  const queries = useQueryClient();
  const revocation = useMutation({
    mutationFn: () => call(`/v1/api-keys/${leaving?.id}`, { method: 'DELETE' }),
    async onSuccess() {
      onClose();
      await queries.invalidateQueries({ queryKey: [path] });
    },
  });
  return (
    <Confirm title="Revoke this key?" confirmLabel="Revoke key" isDangerous isOpen={leaving !== null} isPending={revocation.isPending} onConfirm={() => revocation.mutate()} onClose={onClose}>
      Whoever uses <strong>{leaving?.label}</strong> is refused from now on, within five seconds everywhere. Portal sessions that it made end too.
      {revocation.isError && <Failure error={revocation.error} />}
    </Confirm>
  );
}
