import { Autocomplete } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { UserView } from '@waggle/contracts';
import { useEffect, useState } from 'react';
import { list } from '../../api/call.ts';
import { useMe } from '../../api/queries.ts';

const usersQuery = { queryKey: ['users'], queryFn: async () => (await list<UserView>('/v1/users', { limit: 200 })).data };

/** Whose day it is: with a user key one's own; with a system key the one chosen, at first the first there is. */
export function useChosenUser(chosen: string | undefined) {
  const me = useMe();
  const users = useQuery({ ...usersQuery, enabled: me?.user_id === null });
  const userId = me?.user_id ?? chosen ?? users.data?.[0]?.id;
  return { userId, users, isWorkspace: me?.user_id === null };
}

interface UserChoiceProps {
  userId: string | undefined;
  known: readonly UserView[];
  onChange(userId: string): void;
}

export function UserChoice({ userId, known, onChange }: UserChoiceProps) {
  const [text, setText] = useState(userId ?? '');
  useEffect(() => setText(userId ?? ''), [userId]);
  const choose = (value: string) => value.trim() !== '' && value.trim() !== userId && onChange(value.trim());
  return (
    <Autocomplete
      label="User" placeholder="usr_…" data={known.map(({ id }) => id)} value={text} onChange={setText} onOptionSubmit={choose} onBlur={() => choose(text)}
      onKeyDown={(event) => event.key === 'Enter' && choose(text)} selectFirstOptionOnChange={false} limit={20}
    />
  );
}
