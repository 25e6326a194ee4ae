import { NativeSelect, TextInput } from '@mantine/core';
import { IconKey } from '@tabler/icons-react';
import { useNavigate, useSearch } from '@tanstack/react-router';
import type { ApiKeyView, AuthMe } from '@waggle/contracts';
import { useCallback, useState } from 'react';
import { useMe } from '../../api/queries.ts';
import { Card } from '../../components/card.tsx';
import { CopyField } from '../../components/copy.tsx';
import { CreationForm, growing } from '../../components/creation-form.tsx';
import { FilterBar, TextFilter } from '../../components/filters.tsx';
import { Listing } from '../../components/listing.tsx';
import { Page } from '../../components/page.tsx';
import { Empty } from '../../components/states.tsx';
import { usePages } from '../../components/use-pages.ts';
import { KeyTable } from './key-table.tsx';

export function ApiKeys() {
  const me = useMe();
  const { user_id: chosen } = useSearch({ from: '/settings/developer/api-keys' });
  const navigate = useNavigate({ from: '/settings/developer/api-keys' });
  const choose = useCallback((user_id: string | undefined) => void navigate({ search: { ...(user_id !== undefined && { user_id }) }, replace: true }), [navigate]);
  if (me === undefined) return null;
  const userId = me.user_id ?? chosen;
  const path = userId === undefined ? '/v1/api-keys' : `/v1/users/${encodeURIComponent(userId)}/api-keys`;
  return (
    <Page title="API keys" trail={['Settings', 'Developer']} lead="A system key acts for the whole workspace, a user key as one user. A key is shown once; nothing but a digest of it is kept.">
      {me.user_id === null && <FilterBar><TextFilter label="Keys of" placeholder="the workspace" value={chosen} onChange={choose} /></FilterBar>}
      <Creation me={me} path={path} userId={userId} />
      <List key={path} path={path} />
    </Page>
  );
}

const LIFETIMES = [{ value: '', label: 'Never' }, { value: '30', label: 'In 30 days' }, { value: '90', label: 'In 90 days' }, { value: '365', label: 'In a year' }];
const DAY_MS = 86_400_000;

function Creation({ me, path, userId }: { me: AuthMe; path: string; userId: string | undefined }) {
  const [label, setLabel] = useState('');
  const [days, setDays] = useState('');
  const [made, setMade] = useState<ApiKeyView | null>(null);
  if (me.portal_session) return <Card title="New key"><p className="muted">You came by a portal link, which makes no keys. Sign in with an API key to make one.</p></Card>;
  const body = { label: label.trim(), ...(days !== '' && { expires_at: new Date(Date.now() + Number(days) * DAY_MS).toISOString() }) };
  function onMade(key: ApiKeyView) {
    setLabel('');
    setMade(key);
  }
  return (
    <Card title="New key" about={userId === undefined ? 'A system key of this workspace' : <>A user key of <code>{userId}</code></>}>
      <CreationForm path={path} body={body} isWhole={body.label !== ''} submitLabel="Make key" onMade={onMade}>
        <TextInput className={growing} label="Label" placeholder="Where it is used" maxLength={200} value={label} onChange={(event) => setLabel(event.currentTarget.value)} />
        <NativeSelect label="Expires" data={LIFETIMES} value={days} onChange={(event) => setDays(event.currentTarget.value)} />
      </CreationForm>
      {made?.api_key !== undefined && <><p>Copy it now: it is shown this once.</p><CopyField text={made.api_key} what="API key" /></>}
    </Card>
  );
}

function List({ path }: { path: string }) {
  const { pages, items } = usePages<ApiKeyView>({ path });
  const empty = <Empty title="No key yet" icon={<IconKey size={22} />} isInner>Make one above; it is what your code sends as <code>Authorization: Bearer …</code></Empty>;
  return <Card title="Keys"><Listing pages={pages} isEmpty={items.length === 0} empty={empty}><KeyTable path={path} keys={items} /></Listing></Card>;
}
