import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { EndpointView } from '@waggle/contracts';
import { useState } from 'react';
import { call } from '../../api/call.ts';
import { eventTypesQuery, type EventType } from '../../api/queries.ts';
import { Card } from '../../components/card.tsx';
import { JsonView } from '../../components/json-view.tsx';
import { Page } from '../../components/page.tsx';
import { Bones } from '../../components/states.tsx';
import { EndpointForm, toBody, type EndpointDraft } from './endpoint-form.tsx';
import classes from './new-endpoint.module.css';
import { SecretOnce } from './secret-once.tsx';
import { TestSend } from './test-send.tsx';
import { VerifySamples } from './verify-samples.tsx';
import { LinkButton } from '../../components/link-button.tsx';

const TRAIL = ['Settings', 'Developer', <Link key="webhooks" to="/settings/developer/webhooks">Webhooks</Link>];

export function NewEndpoint() {
  const queries = useQueryClient();
  const creation = useMutation({
    mutationFn: (draft: EndpointDraft) => call<EndpointView>('/v1/webhooks/endpoints', { method: 'POST', body: toBody(draft) }),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['endpoints'] }),
  });
  if (creation.data !== undefined) return <Created endpoint={creation.data} />;
  return <Draft creation={creation} />;
}

interface DraftProps {
  creation: { mutate(draft: EndpointDraft): void; isPending: boolean; error: unknown };
}

function Draft({ creation }: DraftProps) {
  const [example, setExample] = useState<EventType | null>(null);
  return (
    <Page title="Add endpoint" trail={TRAIL} lead="Where Waggle should post, and what.">
      <div className={classes.columns}>
        <Card title="Endpoint">
          <EndpointForm submitLabel="Add endpoint" isPending={creation.isPending} error={creation.error} onSubmit={(draft) => creation.mutate(draft)} onExample={setExample} />
        </Card>
        <div className={classes.aside}><Example chosen={example} /></div>
      </div>
    </Page>
  );
}

function Example({ chosen }: { chosen: EventType | null }) {
  const { data } = useQuery(eventTypesQuery);
  const type = chosen ?? data?.[0];
  return (
    <Card title="What your endpoint receives" about={type === undefined ? 'An example' : <>An example of <code>{type.name}</code></>}>
      {type === undefined ? <Bones rows={1} height={260} /> : <JsonView text={JSON.stringify(type.example, null, 2)} what={`Example of ${type.name}`} />}
    </Card>
  );
}

function Created({ endpoint }: { endpoint: EndpointView }) {
  return (
    <Page
      title="Endpoint added" trail={TRAIL} lead={<>Events go to <code className="break">{endpoint.url}</code> from now on.</>}
      actions={<LinkButton to="/settings/developer/webhooks/$endpointId" params={{ endpointId: endpoint.id }} variant="default">To the endpoint</LinkButton>}
    >
      <SecretOnce secret={endpoint.secret ?? ''} />
      <Card title="Verify every request" about="Over the raw body, before it is parsed. Answer 200 within five seconds."><VerifySamples secret={endpoint.secret ?? null} url={endpoint.url} /></Card>
      <Card title="Try it" about="One signed request, now. A test event is in no log and in no statistics of your users."><TestSend endpoint={endpoint} /></Card>
    </Page>
  );
}
