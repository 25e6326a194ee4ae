import { Button, NativeSelect, Textarea, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { EndpointView } from '@waggle/contracts';
import { useState, type FormEvent } from 'react';
import { faultOf, ApiProblem } from '../../api/problem.ts';
import { eventTypesQuery, type EventType } from '../../api/queries.ts';
import { EventTypePicker } from '../../components/event-type-picker.tsx';
import { Bones, Failure } from '../../components/states.tsx';
import { judgeUrl } from './endpoint-url.ts';
import { headersFrom, headersToText } from './headers-text.ts';
import classes from './new-endpoint.module.css';

export interface EndpointDraft {
  url: string;
  description: string;
  event_types: string[];
  headers: string;
  ordering: EndpointView['ordering'];
  max_in_flight: string;
}

const EMPTY: EndpointDraft = { url: '', description: '', event_types: [], headers: '', ordering: 'none', max_in_flight: '8' };

export function draftOf({ url, description, event_types, headers, ordering, max_in_flight }: EndpointView): EndpointDraft {
  return { url, description: description ?? '', event_types, headers: headersToText(headers), ordering, max_in_flight: String(max_in_flight) };
}

/** As the API takes it. */
export function toBody({ url, description, event_types, headers, ordering, max_in_flight }: EndpointDraft) {
  return { url: url.trim(), description: description.trim(), event_types, headers: headersFrom(headers), ordering, max_in_flight: Number(max_in_flight) };
}

interface FormProps {
  initial?: EndpointDraft;
  submitLabel: string;
  isPending: boolean;
  error: unknown;
  onSubmit(draft: EndpointDraft): void;
  onExample?: ((type: EventType) => void) | undefined;
}

export function EndpointForm({ initial = EMPTY, submitLabel, isPending, error, onSubmit, onExample }: FormProps) {
  const [draft, setDraft] = useState(initial);
  const change = (changes: Partial<EndpointDraft>) => setDraft((before) => ({ ...before, ...changes }));
  const isWhole = draft.url.trim() !== '' && judgeUrl(draft.url).fault === null && draft.event_types.length > 0;
  function submit(event: FormEvent) {
    event.preventDefault();
    if (isWhole) onSubmit(draft);
  }
  return (
    <form className={classes.form} onSubmit={submit} noValidate>
      <UrlField url={draft.url} error={error} onChange={(url) => change({ url })} />
      <TextInput label="Description" placeholder="What it is for" maxLength={2_000} value={draft.description} onChange={(event) => change({ description: event.currentTarget.value })} />
      <Types value={draft.event_types} error={faultOf(error, 'event_types')} onChange={(event_types) => change({ event_types })} onExample={onExample} />
      <Details draft={draft} error={error} change={change} />
      {error !== null && <Failure error={error} />}
      <div className={classes.buttons}><Button type="submit" loading={isPending} disabled={!isWhole}>{submitLabel}</Button></div>
    </form>
  );
}

function UrlField({ url, error, onChange }: { url: string; error: unknown; onChange(url: string): void }) {
  const { fault, warning } = judgeUrl(url);
  const refused = error instanceof ApiProblem && error.code === 'url_not_allowed' ? error.message : faultOf(error, 'url');
  return (
    <div>
      <TextInput
        label="Endpoint URL" placeholder="https://api.example.com/webhooks" type="url" inputMode="url" autoComplete="off" spellCheck={false} required
        value={url} error={fault ?? refused} onChange={(event) => onChange(event.currentTarget.value)}
      />
      {warning !== null && <div className={classes.warning} role="status">{warning}</div>}
    </div>
  );
}

type TypesProps = Pick<FormProps, 'onExample'> & { value: string[]; error: string | null; onChange(value: string[]): void };

function Types({ value, error, onChange, onExample }: TypesProps) {
  const types = useQuery(eventTypesQuery);
  if (types.isError) return <Failure error={types.error} onRetry={() => types.refetch()} />;
  if (types.isPending) return <Bones rows={8} height={52} />;
  return <EventTypePicker types={types.data} value={value} error={error} onChange={onChange} {...(onExample && { onExample })} />;
}

const ORDERINGS = [{ value: 'none', label: 'None: as fast as possible' }, { value: 'per_user', label: 'Per user: one after the other' }];

function Details({ draft, error, change }: { draft: EndpointDraft; error: unknown; change(changes: Partial<EndpointDraft>): void }) {
  return (
    <>
      <Textarea
        label="Custom headers" description="One a line, as in Authorization: Bearer abc. They are sent with every attempt." placeholder="X-Environment: production" autosize minRows={2} spellCheck={false}
        value={draft.headers} error={faultOf(error, 'headers')} onChange={(event) => change({ headers: event.currentTarget.value })}
      />
      <NativeSelect
        label="Order" description="With per-user order an event waits until the one before it of the same user is done." data={ORDERINGS} value={draft.ordering}
        onChange={(event) => change({ ordering: event.currentTarget.value === 'per_user' ? 'per_user' : 'none' })}
      />
      <TextInput
        label="Requests at once" description="1 to 64" type="number" min={1} max={64} value={draft.max_in_flight} error={faultOf(error, 'max_in_flight')}
        onChange={(event) => change({ max_in_flight: event.currentTarget.value })}
      />
    </>
  );
}
