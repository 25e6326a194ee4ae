import { ActionIcon, Button } from '@mantine/core';
import { useClipboard } from '@mantine/hooks';
import { IconCheck, IconCopy } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import classes from './copy.module.css';

interface CopyProps {
  text: string;
  /** What is copied, for who cannot see it. */
  what: string;
}

function CopyIcon({ text, what }: CopyProps) {
  const { copy, copied } = useClipboard({ timeout: 2_000 });
  return (
    <ActionIcon variant="subtle" color="gray" size="sm" aria-label={copied ? `${what} copied` : `Copy ${what}`} onClick={() => copy(text)}>
      {copied ? <IconCheck size={15} /> : <IconCopy size={15} />}
    </ActionIcon>
  );
}

/** A secret or an id in full, beside a button that says what it did. */
export function CopyField({ text, what }: CopyProps) {
  const { copy, copied } = useClipboard({ timeout: 2_000 });
  return (
    <div className={classes.field}>
      <code className={classes.value} data-testid={what.replaceAll(' ', '-')}>{text}</code>
      <Button size="xs" variant="default" leftSection={copied ? <IconCheck size={15} /> : <IconCopy size={15} />} onClick={() => copy(text)}>
        {copied ? 'Copied' : 'Copy'}
      </Button>
    </div>
  );
}

/** Text as it is, whatever it holds: never as HTML. */
export function CodeBlock({ text, what, children, isWrapped = false }: CopyProps & { children?: ReactNode; isWrapped?: boolean }) {
  return (
    <div className={isWrapped ? `${classes.block} ${classes.wrapped}` : classes.block}>
      <pre tabIndex={0} aria-label={what}><code>{children ?? text}</code></pre>
      <div className={classes.corner}><CopyIcon text={text} what={what} /></div>
    </div>
  );
}

export function CopyId({ id, what = 'id' }: { id: string; what?: string }) {
  return <span className={classes.inline}><code className="break">{id}</code><CopyIcon text={id} what={what} /></span>;
}
