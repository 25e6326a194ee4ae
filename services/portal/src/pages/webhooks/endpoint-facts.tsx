import { Button, Modal } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import type { EndpointView } from '@waggle/contracts';
import { Card } from '../../components/card.tsx';
import { Moment } from '../../components/moment.tsx';
import classes from './endpoint.module.css';
import { draftOf, EndpointForm, toBody } from './endpoint-form.tsx';
import listClasses from './endpoints.module.css';
import { useEndpointAction } from './use-endpoint-action.ts';

export function EndpointFacts({ endpoint }: { endpoint: EndpointView }) {
  const [isOpen, { open, close }] = useDisclosure(false);
  const headers = Object.entries(endpoint.headers);
  return (
    <Card title="Configuration" actions={<Button variant="default" size="xs" onClick={open}>Edit</Button>}>
      <dl className={classes.facts}>
        <dt>Event types</dt>
        <dd><div className={listClasses.chips}>{endpoint.event_types.map((type) => <span key={type} className={listClasses.chip}>{type}</span>)}</div></dd>
        <dt>Events of</dt>
        <dd>{endpoint.user_id === null ? 'the whole workspace' : <code>{endpoint.user_id}</code>}</dd>
        <dt>Headers</dt>
        <dd>{headers.length === 0 ? 'none' : headers.map(([name, value]) => <div key={name}><code>{name}: {value}</code></div>)}</dd>
        <dt>Order</dt>
        <dd>{endpoint.ordering === 'per_user' ? 'per user' : 'none'}</dd>
        <dt>At once</dt>
        <dd>{endpoint.max_in_flight}</dd>
        <dt>Added</dt>
        <dd><Moment at={endpoint.created_at} as="full" /></dd>
      </dl>
      <Edit endpoint={endpoint} isOpen={isOpen} onClose={close} />
    </Card>
  );
}

function Edit({ endpoint, isOpen, onClose }: { endpoint: EndpointView; isOpen: boolean; onClose(): void }) {
  const change = useEndpointAction<ReturnType<typeof toBody>>(endpoint.id, { method: 'PATCH', onDone: onClose });
  return (
    <Modal opened={isOpen} onClose={onClose} title="Edit endpoint" size="lg" lockScroll={false} closeButtonProps={{ 'aria-label': 'Close' }}>
      <EndpointForm initial={draftOf(endpoint)} submitLabel="Save changes" isPending={change.isPending} error={change.error} onSubmit={(draft) => change.mutate(toBody(draft))} />
    </Modal>
  );
}
