import { NativeSelect, Switch, TextInput } from '@mantine/core';
import { useEffect, useState, type ReactNode } from 'react';
import classes from './filters.module.css';
import { fromLocalInput, toLocalInput } from './local-input.ts';

export function FilterBar({ children }: { children: ReactNode }) {
  return <div className={classes.bar} role="search" aria-label="Filters">{children}</div>;
}

interface FilterProps {
  label: string;
  value: string | undefined;
  onChange(value: string | undefined): void;
}

const orNone = (value: string) => (value === '' ? undefined : value);

export function ChoiceFilter({ label, value, onChange, choices, all }: FilterProps & { choices: readonly (string | { value: string; label: string })[]; all: string }) {
  return <NativeSelect label={label} size="sm" data={[{ value: '', label: all }, ...choices]} value={value ?? ''} onChange={(event) => onChange(orNone(event.currentTarget.value))} />;
}

const SETTLED_MS = 400;

/** Asked for once the typing pauses: each letter would be a request. */
export function TextFilter({ label, value, onChange, placeholder }: FilterProps & { placeholder?: string }) {
  const [text, setText] = useState(value ?? '');
  useEffect(() => setText(value ?? ''), [value]);
  useEffect(() => {
    if (orNone(text.trim()) === value) return undefined;
    const timer = setTimeout(() => onChange(orNone(text.trim())), SETTLED_MS);
    return () => clearTimeout(timer);
  }, [text, value, onChange]);
  return <TextInput label={label} size="sm" placeholder={placeholder} spellCheck={false} value={text} onChange={(event) => setText(event.currentTarget.value)} />;
}

/** Shown in the viewer's zone, kept in the address as UTC. */
export function TimeFilter({ label, value, onChange }: FilterProps) {
  const local = value === undefined || Number.isNaN(Date.parse(value)) ? '' : toLocalInput(new Date(value));
  return (
    <TextInput
      className={classes.time ?? ''} type="datetime-local" label={label} size="sm" value={local}
      onChange={({ currentTarget: { value: given } }) => onChange(given === '' ? undefined : fromLocalInput(given))}
    />
  );
}

export function LiveSwitch({ isLive, onChange }: { isLive: boolean; onChange(isLive: boolean): void }) {
  return <Switch label="Live" checked={isLive} onChange={(event) => onChange(event.currentTarget.checked)} />;
}
