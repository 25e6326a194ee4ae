import { NativeSelect, PasswordInput, TextInput } from '@mantine/core';
import { useCallback, useMemo, useState } from 'react';
import type { Attempt, DeliveryDetail } from '../../api/delivery.ts';
import { Card } from '../../components/card.tsx';
import { CodeBlock, CopyField } from '../../components/copy.tsx';
import { toCount, toMoment } from '../../components/format.ts';
import { Notice } from '../../components/notice.tsx';
import { Failure } from '../../components/states.tsx';
import { useComputed } from '../../components/use-computed.ts';
import classes from './delivery.module.css';
import { judgeSignature, measureBody, signDelivery, type Signable } from './sign-delivery.ts';

const toSeconds = ({ started_at: startedAt }: Attempt) => Math.floor(Date.parse(startedAt) / 1_000);

/** Answers why somebody's check of the signature fails. The secret is in this component's memory, and goes with it. */
export function VerifyDelivery({ delivery: { event_id: id, body, attempts } }: { delivery: DeliveryDetail }) {
  const [draft, setDraft] = useState({ secret: '', given: '' });
  const [number, setNumber] = useState<string | null>(null);
  const attempt = attempts.find((one) => String(one.number) === number) ?? attempts.at(-1);
  const times = useMemo(() => attempts.map(toSeconds), [attempts]);
  const message = { id, body, timestamp: attempt === undefined ? Math.floor(Date.now() / 1_000) : toSeconds(attempt) };
  return (
    <Card title="Verify this delivery" about="Your check says no? Paste the secret, and compare step by step. All of it is computed in this tab; the secret leaves it for nobody.">
      <Bytes body={body} />
      {attempts.length > 1 && (
        <NativeSelect
          label="Attempt" value={String(attempt?.number)} data={attempts.map((one) => ({ value: String(one.number), label: `${one.number}, at ${toMoment(one.started_at)}` }))}
          onChange={(event) => setNumber(event.currentTarget.value)}
        />
      )}
      <PasswordInput
        label="Signing secret" placeholder="whsec_…" autoComplete="off" spellCheck={false} value={draft.secret} error={faultOf(draft.secret)}
        onChange={(event) => setDraft({ ...draft, secret: event.currentTarget.value })} visibilityToggleButtonProps={{ 'aria-label': 'Show the secret' }}
      />
      <TextInput
        label="A signature to compare" description="The one that you received, or the one that your code computes" autoComplete="off" spellCheck={false} classNames={{ input: 'mono' }}
        value={draft.given} onChange={(event) => setDraft({ ...draft, given: event.currentTarget.value })}
      />
      {attempt !== undefined && draft.secret.trim() !== '' && <Signatures secret={draft.secret.trim()} given={draft.given.trim()} message={message} otherTimes={times} />}
    </Card>
  );
}

/** Pasted with half of it, or with the quotes around it. */
function faultOf(secret: string): string | null {
  const trimmed = secret.trim();
  if (trimmed === '' || /^whsec_[A-Za-z0-9+/]+={0,2}$/.test(trimmed)) return null;
  return trimmed.startsWith('whsec_') ? 'Behind whsec_ there should be Base64 and nothing else' : 'A signing secret begins with whsec_';
}

function Bytes({ body }: { body: string }) {
  const { value, error } = useComputed(useCallback(() => measureBody(body), [body]));
  if (error !== null) return <Failure error={error} />;
  return (
    <div>
      <div className="muted">The raw body, as your code must read it, has <strong className="number">{value === null ? '…' : toCount(value.bytes)}</strong> bytes and the SHA-256</div>
      <code className="break">{value?.digest ?? '…'}</code>
    </div>
  );
}

interface SignaturesProps {
  secret: string;
  given: string;
  message: Signable;
  otherTimes: readonly number[];
}

function Signatures({ secret, given, message: { id, timestamp, body }, otherTimes }: SignaturesProps) {
  const signed = useComputed(useCallback(() => signDelivery(secret, { id, timestamp, body }), [secret, id, timestamp, body]));
  const verdict = useComputed(useCallback(
    async () => (given === '' ? null : judgeSignature({ given, secret, message: { id, timestamp, body }, otherTimes })), [given, secret, id, timestamp, body, otherTimes],
  ));
  if (signed.error !== null) return <Failure error={signed.error} />;
  if (signed.value === null) return null;
  return (
    <>
      {verdict.value !== null && <Notice tone={verdict.value.isRight ? 'good' : 'bad'} role="status">{verdict.value.words}</Notice>}
      <Expected name="X-Buffy-Signature" about="HMAC-SHA256 of the raw body; the key is the whole secret as text." text={signed.value.hex} />
      {signed.value.standard !== null && (
        <>
          <Expected name="webhook-signature" about="HMAC-SHA256 of what follows; the key is the secret behind whsec_, decoded." text={signed.value.standard} />
          <CodeBlock text={`${id}.${timestamp}.${body}`} what="Signed content" isWrapped />
        </>
      )}
    </>
  );
}

function Expected({ name, about, text }: { name: string; about: string; text: string }) {
  return (
    <div className={classes.expected}>
      <h3><code>{name}</code></h3>
      <div className="muted small">{about}</div>
      <CopyField text={text} what={name} />
    </div>
  );
}
