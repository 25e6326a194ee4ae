import { NativeSelect, Switch, Tabs } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { call } from '../../api/call.ts';
import { Page } from '../../components/page.tsx';
import { Bones, Failure } from '../../components/states.tsx';
import { Awards, Leaderboard } from './awards.tsx';
import classes from './campaigns.module.css';
import { InappEvents } from './inapp-events.tsx';
import { InappKeys } from './inapp-keys.tsx';
import { Mappings } from './mappings.tsx';
import { Signer } from './signer.tsx';
import { Tasks } from './tasks.tsx';
import { pathOf, type Campaign } from './types.ts';

const FROM = '/campaigns/$campaignId';
const TRAIL = ['Behavior', <Link key="campaigns" to="/campaigns">Campaigns</Link>];

export function CampaignPage() {
  const { campaignId } = useParams({ from: FROM });
  const campaign = useQuery({ queryKey: ['campaign', campaignId], queryFn: ({ signal }) => call<Campaign>(pathOf(campaignId), { signal }) });
  if (campaign.data === undefined) return <Page title="Campaign" trail={TRAIL}>{campaign.isError ? <Failure error={campaign.error} onRetry={() => campaign.refetch()} /> : <Bones rows={3} height={140} />}</Page>;
  return (
    <Page title={campaign.data.name} trail={TRAIL} lead={<>Campaign <code>{campaign.data.id}</code></>} actions={<Settings campaign={campaign.data} />}>
      <Parts campaignId={campaign.data.id} />
    </Page>
  );
}

const PARTS = [
  ['setup', 'Tasks & mappings', ({ campaignId }: { campaignId: number }) => <><Tasks campaignId={campaignId} /><Mappings campaignId={campaignId} /></>],
  ['events', 'In-app events', InappEvents],
  ['awards', 'Awards', Awards],
  ['leaderboard', 'Leaderboard', Leaderboard],
  ['keys', 'Keys', InappKeys],
  ['signer', 'Event signer', Signer],
] as const;

function Parts({ campaignId }: { campaignId: number }) {
  const { tab = 'setup' } = useSearch({ from: FROM });
  const navigate = useNavigate({ from: FROM });
  return (
    <Tabs value={tab} keepMounted={false} onChange={(chosen) => void navigate({ search: chosen === null || chosen === 'setup' ? {} : { tab: chosen }, replace: true })}>
      <Tabs.List className={classes.tabs ?? ''}>{PARTS.map(([name, title]) => <Tabs.Tab key={name} value={name}>{title}</Tabs.Tab>)}</Tabs.List>
      {PARTS.map(([name, , Part]) => <Tabs.Panel key={name} value={name}><div className={classes.panel}><Part campaignId={campaignId} /></div></Tabs.Panel>)}
    </Tabs>
  );
}

const STATUSES = [{ value: 'draft', label: 'Draft' }, { value: 'active', label: 'Active' }, { value: 'ended', label: 'Ended' }];

function Settings({ campaign: { id, status, inapp_webhooks_enabled: isOpen } }: { campaign: Campaign }) {
  const queries = useQueryClient();
  const change = useMutation({
    mutationFn: (body: Partial<Campaign>) => call<Campaign>(pathOf(id), { method: 'PATCH', body }),
    onSuccess: (changed) => queries.setQueryData(['campaign', String(id)], changed),
  });
  return (
    <>
      <Switch label="Take in-app events" checked={isOpen} disabled={change.isPending} onChange={(event) => change.mutate({ inapp_webhooks_enabled: event.currentTarget.checked })} />
      <NativeSelect aria-label="Status" size="sm" data={STATUSES} value={status} disabled={change.isPending} onChange={({ currentTarget: { value } }) => change.mutate({ status: value === 'draft' || value === 'ended' ? value : 'active' })} />
      {change.isError && <Failure error={change.error} />}
    </>
  );
}
