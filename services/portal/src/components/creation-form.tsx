import { Button } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { FormEvent, ReactNode } from 'react';
import { call } from '../api/call.ts';
import classes from './creation-form.module.css';
import { Failure } from './states.tsx';

interface CreationFormProps<Made> {
  /** Of the list that gets one more. */
  path: string;
  body: object;
  /** Whether what is needed has been filled in. */
  isWhole: boolean;
  submitLabel: string;
  /** Beside something that matters more. */
  isMinor?: boolean;
  onMade(made: Made): void;
  children: ReactNode;
}

/** A row of fields that makes one more of what a list holds, and shows the list anew. */
export function CreationForm<Made>({ path, body, isWhole, submitLabel, isMinor = false, onMade, children }: CreationFormProps<Made>) {
  const queries = useQueryClient();
  const creation = useMutation({
    mutationFn: () => call<Made>(path, { method: 'POST', body }),
    async onSuccess(made) {
      onMade(made);
      await queries.invalidateQueries({ queryKey: [path] });
    },
  });
  function submit(event: FormEvent) {
    event.preventDefault();
    if (isWhole) creation.mutate();
  }
  return (
    <>
      <form className={classes.form} onSubmit={submit}>
        {children}
        <Button type="submit" {...(isMinor && { variant: 'default' })} loading={creation.isPending} disabled={!isWhole}>{submitLabel}</Button>
      </form>
      {creation.isError && <Failure error={creation.error} />}
    </>
  );
}

/** For the field that takes the room that is left. */
export const growing = classes.growing ?? '';
