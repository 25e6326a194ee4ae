import { TextInput } from '@mantine/core';
import { IconSearch } from '@tabler/icons-react';
import { useNavigate } from '@tanstack/react-router';
import { useState, type FormEvent } from 'react';
import { pageOf } from './page-of.ts';

/** For who has an id out of a log or a letter, and wants to know what became of it. */
export function FindById() {
  const navigate = useNavigate();
  const [text, setText] = useState('');
  const [isUnknown, setUnknown] = useState(false);
  function submit(event: FormEvent) {
    event.preventDefault();
    const page = pageOf(text);
    setUnknown(page === null && text.trim() !== '');
    if (page === null) return;
    setText('');
    void navigate({ to: page });
  }
  return (
    <form role="search" aria-label="Find by id" onSubmit={submit}>
      <TextInput
        size="xs" aria-label="Id" placeholder="Find dlv_, evt_, whe_, act_ …" leftSection={<IconSearch size={14} aria-hidden="true" />} autoComplete="off" spellCheck={false}
        value={text} error={isUnknown && 'The portal shows dlv_, evt_, whe_ and act_'} onChange={(event) => setText(event.currentTarget.value)}
      />
    </form>
  );
}
