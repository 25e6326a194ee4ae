import { Button, NativeSelect, PasswordInput, Textarea } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useCallback, useState } from 'react';
import { call } from '../../api/call.ts';
import { Card } from '../../components/card.tsx';
import { Column, Columns } from '../../components/columns.tsx';
import { CodeBlock, CopyField } from '../../components/copy.tsx';
import { JsonView } from '../../components/json-view.tsx';
import { Empty, Failure } from '../../components/states.tsx';
import { usePages } from '../../components/use-pages.ts';
import { useComputed } from '../../components/use-computed.ts';
import { useNow } from '../../components/use-now.ts';
import classes from './campaigns.module.css';
import { keysPath } from './inapp-keys.tsx';
import { signEvent, type Signed } from './sign-event.ts';
import { pathOf, type InappKey, type Mapping } from './types.ts';

const WALLET = '0x52908400098527886E0F7030069857D2E4169EE7';

/** Nothing of it leaves the browser before it is sent, and the secret not even then. */
export function Signer({ campaignId }: { campaignId: number }) {
  const { items: keys } = usePages<InappKey>({ path: keysPath(campaignId), pageSize: 200 });
  const { items: mappings } = usePages<Mapping>({ path: `${pathOf(campaignId)}/mappings`, pageSize: 200 });
  const [draft, setDraft] = useState<{ keyId?: string; secret: string; text?: string }>({ secret: '' });
  const keyId = draft.keyId ?? keys[0]?.key_id ?? '';
  const [firstText] = useState(() => exampleFor(campaignId));
  const text = draft.text ?? firstText.replace('EVENT_TYPE', mappings[0]?.event_type ?? 'purchase_completed');
  const body = parse(text);
  return (
    <Columns>
      <Card title="Event" about="Signed here, in your browser: the secret leaves it for nobody.">
        <NativeSelect label="Key" data={keys.map(({ key_id, label, environment }) => ({ value: key_id, label: `${label} (${environment})` }))} value={keyId} onChange={(event) => setDraft({ ...draft, keyId: event.currentTarget.value })} />
        <PasswordInput label="Secret of the key" placeholder="Shown once, when the key was made" autoComplete="off" value={draft.secret} onChange={(event) => setDraft({ ...draft, secret: event.currentTarget.value })} visibilityToggleButtonProps={{ 'aria-label': 'Show the secret' }} />
        <Textarea label="Body" autosize minRows={9} spellCheck={false} classNames={{ input: 'mono' }} value={text} error={body === undefined ? 'This is not JSON' : null} onChange={(event) => setDraft({ ...draft, text: event.currentTarget.value })} />
        {keys.length === 0 && <Empty title="No key" isInner>Make an in-app key under Keys first.</Empty>}
      </Card>
      {body !== undefined && <Result body={body} keyId={keyId} secret={draft.secret.trim()} campaignId={campaignId} onAgain={() => setDraft({ ...draft, text: withNewId(text) })} />}
    </Columns>
  );
}

interface ResultProps {
  body: unknown;
  keyId: string;
  secret: string;
  campaignId: number;
  onAgain(): void;
}

const FRESH_MS = 60_000;

function Result({ body, keyId, secret, campaignId, onAgain }: ResultProps) {
  // A signature is good for five minutes; a new one each minute is always fresh enough to copy.
  const timestamp = String(Math.floor(useNow(FRESH_MS) / 1_000));
  const text = JSON.stringify(body);
  const { value: signed, error } = useComputed(useCallback(() => signEvent(JSON.parse(text), timestamp, secret), [text, timestamp, secret]));
  const sending = useMutation({ mutationFn: () => send(body, keyId, secret) });
  return (
    <Column>
      <Card title="Canonical body" about="Keys in order, no white space: what is digested."><CodeBlock text={signed?.canonical ?? ''} what="Canonical body" isWrapped /></Card>
      <Card title="Signature" about="HMAC-SHA256 under the secret, over the timestamp, a line feed and the digest.">
        {error !== null && <Failure error={error} />}
        {signed === null || signed.signature === null
          ? <p className="muted">Digest <code className="break">{signed?.digest}</code>. Enter the secret, and the signature stands here.</p>
          : <><CopyField text={signed.signature} what="signature" /><CodeBlock text={curlOf(body, keyId, signed)} what="curl command" isWrapped /></>}
        <div className={classes.row}>
          <Button disabled={secret === '' || keyId === ''} loading={sending.isPending} onClick={() => sending.mutate()}>Send event</Button>
          <Button variant="default" onClick={onAgain}>New event id</Button>
        </div>
        {sending.isError && <Failure error={sending.error} />}
        {sending.data !== undefined && <><JsonView text={JSON.stringify(sending.data)} what="Answer" /><Link to="/campaigns/$campaignId" params={{ campaignId: String(campaignId) }} search={{ tab: 'events' }}>Follow it under In-app events</Link></>}
      </Card>
    </Column>
  );
}

async function send(body: unknown, keyId: string, secret: string): Promise<unknown> {
  const { timestamp, signature } = await signEvent(body, String(Math.floor(Date.now() / 1_000)), secret);
  return call('/user/inapp/webhooks', { method: 'POST', body, headers: { 'x-buzz-key-id': keyId, 'x-buzz-timestamp': timestamp, 'x-buzz-signature': signature ?? '' } });
}

const curlOf = (body: unknown, keyId: string, { timestamp, signature }: Signed) => `curl ${location.origin}/user/inapp/webhooks -H 'Content-Type: application/json' \\
  -H 'X-Buzz-Key-Id: ${keyId}' -H 'X-Buzz-Timestamp: ${timestamp}' \\
  -H 'X-Buzz-Signature: ${signature}' \\
  -d '${JSON.stringify(body).replaceAll("'", `'\\''`)}'`;

const newEventId = () => `evt_${crypto.randomUUID().slice(0, 18)}`;

function exampleFor(campaignId: number): string {
  const event = { schema_version: '1.0', event_id: newEventId(), event_type: 'EVENT_TYPE', campaign_id: campaignId, occurred_at: new Date().toISOString(), user: { wallet: WALLET } };
  return JSON.stringify(event, null, 2);
}

function withNewId(text: string): string {
  const body = parse(text);
  return typeof body === 'object' && body !== null ? JSON.stringify({ ...body, event_id: newEventId() }, null, 2) : text;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
