import { Button, TextInput } from '@mantine/core';
import { IconTrophy } from '@tabler/icons-react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState, type FormEvent } from 'react';
import { call } from '../../api/call.ts';
import { Card } from '../../components/card.tsx';
import { Listing } from '../../components/listing.tsx';
import { Moment } from '../../components/moment.tsx';
import { Page } from '../../components/page.tsx';
import { Empty, Failure } from '../../components/states.tsx';
import { StatusPill } from '../../components/status-pill.tsx';
import { usePages } from '../../components/use-pages.ts';
import classes from './campaigns.module.css';
import type { Campaign } from './types.ts';

const PATH = '/v1/campaigns';

export function Campaigns() {
  const { pages, items } = usePages<Campaign>({ path: PATH });
  const empty = <Empty title="No campaign yet" icon={<IconTrophy size={24} />}>Make one below, give it a task and a mapping, then send it an in-app event.</Empty>;
  return (
    <Page title="Campaigns" trail={['Behavior']} lead="Points for what happens in your app: events come signed, tasks say what they are worth.">
      <Listing pages={pages} isEmpty={items.length === 0} empty={empty}>
        <ul className={classes.cards}>
          {items.map(({ id, name, status, inapp_webhooks_enabled: isOpen, created_at: createdAt }) => (
            <li key={id} className={classes.card}>
              <div className={classes.row}><Link to="/campaigns/$campaignId" params={{ campaignId: String(id) }} className="break">{name}</Link><StatusPill status={status} /></div>
              <div className="muted small">Campaign {id} · {isOpen ? 'takes in-app events' : 'in-app events are switched off'}</div>
              <div className="muted small">made <Moment at={createdAt} as="ago" /></div>
            </li>
          ))}
        </ul>
      </Listing>
      <Creation />
    </Page>
  );
}

function Creation() {
  const queries = useQueryClient();
  const [name, setName] = useState('');
  const creation = useMutation({
    mutationFn: () => call<Campaign>(PATH, { method: 'POST', body: { name: name.trim(), status: 'active' } }),
    async onSuccess() {
      setName('');
      await queries.invalidateQueries({ queryKey: [PATH] });
    },
  });
  function submit(event: FormEvent) {
    event.preventDefault();
    creation.mutate();
  }
  return (
    <Card title="New campaign" about="It is active at once; events before it has a mapping are refused.">
      <form className={classes.form} onSubmit={submit}>
        <TextInput className={classes.grow ?? ''} label="Name" placeholder="Launch week" maxLength={200} value={name} onChange={(event) => setName(event.currentTarget.value)} />
        <Button type="submit" loading={creation.isPending} disabled={name.trim() === ''}>Make campaign</Button>
      </form>
      {creation.isError && <Failure error={creation.error} />}
    </Card>
  );
}
