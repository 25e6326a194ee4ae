import { TextInput } from '@mantine/core';
import { IconTrophy } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { Card } from '../../components/card.tsx';
import { CreationForm, growing } from '../../components/creation-form.tsx';
import { Listing } from '../../components/listing.tsx';
import { Moment } from '../../components/moment.tsx';
import { Page } from '../../components/page.tsx';
import { Empty } from '../../components/states.tsx';
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
  const [name, setName] = useState('');
  return (
    <Card title="New campaign" about="It is active at once; events before it has a mapping are refused.">
      <CreationForm path={PATH} body={{ name: name.trim(), status: 'active' }} isWhole={name.trim() !== ''} submitLabel="Make campaign" onMade={() => setName('')}>
        <TextInput className={growing} label="Name" placeholder="Launch week" maxLength={200} value={name} onChange={(event) => setName(event.currentTarget.value)} />
      </CreationForm>
    </Card>
  );
}
