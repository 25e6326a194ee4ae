import { NativeSelect } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { endpointsQuery, useMe } from '../../api/queries.ts';
import { Card } from '../../components/card.tsx';
import { CodeBlock } from '../../components/copy.tsx';
import { LinkButton } from '../../components/link-button.tsx';
import { Page } from '../../components/page.tsx';
import { Bones, Empty, Failure } from '../../components/states.tsx';
import { VerifySamples } from '../webhooks/verify-samples.tsx';
import { curlFor } from '../events/curl.ts';
import classes from './samples.module.css';

const DOCUMENTS = [
  { href: '/docs', title: 'API reference', about: 'Every request and answer, from the OpenAPI document' },
  { href: '/docs/asyncapi.yaml', title: 'Topics for BI', about: 'Kafka topics and their events, as AsyncAPI 3' },
  { href: '/docs/problems', title: 'Problems', about: 'What each error code means, and what to do' },
] as const;

export function Samples() {
  const me = useMe();
  const user = me?.user_id ?? 'usr_abc123';
  return (
    <Page title="Docs & samples" trail={['Settings', 'Developer']} lead="Code with your own addresses filled in. The key stays in your environment, as WAGGLE_KEY.">
      <Card title="Documentation">
        <div className={classes.grid}>
          {DOCUMENTS.map(({ href, title, about }) => <a key={href} className={classes.tile} href={href} target="_blank" rel="noreferrer"><strong>{title}</strong><span className="muted small">{about}</span></a>)}
        </div>
      </Card>
      <Receiver />
      <Card title="Tell Waggle that something was done" about="The inbound webhook: the answer comes after the change is committed."><CodeBlock text={inbound(location.origin, user)} what="Inbound sample" /></Card>
      <Card title="Read the event log to its end" about="Keep following next_cursor: nothing is missed, nothing comes twice.">
        <CodeBlock text={`${curlFor(location.origin, '/v1/events', { limit: 200 })}\n${curlFor(location.origin, '/v1/events', { limit: 200, cursor: 'THE_NEXT_CURSOR' })}`} what="Event log sample" />
      </Card>
    </Page>
  );
}

function inbound(origin: string, user: string): string {
  return `curl ${origin}/v1/webhooks/inbound \\
  -H "Authorization: Bearer $WAGGLE_KEY" -H 'Content-Type: application/json' \\
  -d '{"event":"activity.completed","activity_id":"act_…","user_id":"${user}","timestamp":"'"$(date -u +%Y-%m-%dT%H:%M:%SZ)"'"}'`;
}

function Receiver() {
  const endpoints = useQuery(endpointsQuery);
  const { endpoint_id: chosen } = useSearch({ from: '/settings/developer/samples' });
  const navigate = useNavigate({ from: '/settings/developer/samples' });
  const endpoint = endpoints.data?.find(({ id }) => id === chosen) ?? endpoints.data?.[0];
  return (
    <Card title="Receive a webhook" about="Compare the signature over the raw body, then answer 200 within five seconds.">
      {endpoints.isPending && <Bones rows={1} height={280} />}
      {endpoints.isError && <Failure error={endpoints.error} onRetry={() => endpoints.refetch()} />}
      {endpoints.data?.length === 0 && <Empty title="No endpoint yet" isInner action={<LinkButton to="/settings/developer/webhooks/new">Add endpoint</LinkButton>}>Add one, and the samples hold its address.</Empty>}
      {endpoint !== undefined && endpoints.data !== undefined && (
        <>
          <NativeSelect label="Your endpoint" value={endpoint.id} data={endpoints.data.map(({ id, url }) => ({ value: id, label: url }))} onChange={(event) => void navigate({ search: { endpoint_id: event.currentTarget.value }, replace: true })} />
          <VerifySamples key={endpoint.id} secret={null} url={endpoint.url} />
        </>
      )}
    </Card>
  );
}
