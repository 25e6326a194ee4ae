import { Button, Group, Modal, NativeSelect, Stack } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconRefresh } from '@tabler/icons-react';
import type { EndpointView } from '@waggle/contracts';
import { useState } from 'react';
import { Card } from '../../components/card.tsx';
import { toRemaining } from '../../components/format.ts';
import { Notice } from '../../components/notice.tsx';
import { Failure } from '../../components/states.tsx';
import { useNow } from '../../components/use-now.ts';
import classes from './endpoint.module.css';
import { SecretOnce } from './secret-once.tsx';
import { useEndpointAction } from './use-endpoint-action.ts';

export function SigningSecret({ endpoint }: { endpoint: EndpointView }) {
  const [isOpen, { open, close }] = useDisclosure(false);
  const [secret, setSecret] = useState<string | null>(null);
  return (
    <Card
      title="Signing secret" about="Signs X-Buffy-Signature and webhook-signature."
      actions={<Button variant="default" size="xs" leftSection={<IconRefresh size={15} />} onClick={open}>Rotate</Button>}
    >
      {secret !== null && <SecretOnce secret={secret} title="Your new signing secret" />}
      {endpoint.previous_secret_until === null
        ? <p className="muted">It was shown when it was made. A new one can sign beside the old for a while, so that you can change over without a gap.</p>
        : <Grace until={endpoint.previous_secret_until} />}
      <Rotation endpoint={endpoint} isOpen={isOpen} onClose={close} onSecret={setSecret} />
    </Card>
  );
}

function Grace({ until }: { until: string }) {
  const remainingMs = Date.parse(until) - useNow(1_000);
  if (remainingMs <= 0) return <p className="muted">The previous secret signs no more.</p>;
  return (
    <Notice>
      The previous secret still signs too, as <code>X-Buffy-Signature-Previous</code>, for <span className={classes.countdown} role="timer">{toRemaining(remainingMs)}</span>.
    </Notice>
  );
}

const GRACES = [
  { value: '86400', label: '24 hours' }, { value: '3600', label: '1 hour' }, { value: '604800', label: '7 days' }, { value: '0', label: 'None: the old secret is known to others' },
];

interface RotationProps {
  endpoint: EndpointView;
  isOpen: boolean;
  onClose(): void;
  onSecret(secret: string | null): void;
}

function Rotation({ endpoint, isOpen, onClose, onSecret }: RotationProps) {
  const [grace, setGrace] = useState('86400');
  const rotation = useEndpointAction<{ grace_seconds: number }>(endpoint.id, {
    path: '/rotate-secret',
    onDone({ secret = null }) {
      onSecret(secret);
      onClose();
    },
  });
  return (
    <Modal opened={isOpen} onClose={onClose} title="Rotate the signing secret" centered lockScroll={false} closeButtonProps={{ 'aria-label': 'Close' }}>
      <Stack>
        <p>A new secret signs from now on. For the grace time the present one signs as well.</p>
        <NativeSelect label="Grace time" data={GRACES} value={grace} onChange={(event) => setGrace(event.currentTarget.value)} />
        {rotation.isError && <Failure error={rotation.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>Cancel</Button>
          <Button loading={rotation.isPending} onClick={() => rotation.mutate({ grace_seconds: Number(grace) })}>Rotate secret</Button>
        </Group>
      </Stack>
    </Modal>
  );
}
