import { Checkbox } from '@mantine/core';
import type { EventType } from '../api/queries.ts';
import classes from './event-type-picker.module.css';

interface PickerProps {
  types: readonly EventType[];
  /** Exact types, families such as `activity.*`, or `*`. */
  value: readonly string[];
  onChange(value: string[]): void;
  onExample?(type: EventType): void;
  error?: string | null;
}

/** A family's box stands for its types of tomorrow too, so it is a pattern of its own and not all of its boxes. */
export function EventTypePicker({ types, value, onChange, onExample, error }: PickerProps) {
  const families = [...Map.groupBy(types, ({ name }) => name.split('.')[0] ?? '')];
  const isAll = value.includes('*');
  const toggle = (pattern: string) => onChange(value.includes(pattern) ? value.filter((one) => one !== pattern) : [...value, pattern]);
  return (
    <fieldset className={classes.families}>
      <legend className={classes.legend}>Event types</legend>
      <div className={classes.all}>
        <Checkbox label="Every event" description="Also the types that come later" checked={isAll} onChange={() => onChange(isAll ? [] : ['*'])} />
      </div>
      {families.map(([family, ofFamily]) => (
        <Family key={family} family={family} types={ofFamily} isAll={isAll} value={value} toggle={toggle} onExample={onExample} />
      ))}
      {typeof error === 'string' && <div role="alert" className="small" style={{ color: 'var(--mantine-color-error)' }}>{error}</div>}
    </fieldset>
  );
}

interface FamilyProps {
  family: string;
  types: readonly EventType[];
  isAll: boolean;
  value: readonly string[];
  toggle(pattern: string): void;
  onExample: PickerProps['onExample'];
}

function Family({ family, types, isAll, value, toggle, onExample }: FamilyProps) {
  const pattern = `${family}.*`;
  const isWhole = isAll || value.includes(pattern);
  return (
    <div className={classes.family}>
      <div className={classes.whole}>
        <Checkbox label={<strong><code>{pattern}</code></strong>} aria-label={`Every ${family} event`} checked={isWhole} disabled={isAll} onChange={() => toggle(pattern)} />
      </div>
      {types.map((type) => (
        <div key={type.name} className={classes.type}>
          <Checkbox
            label={<code>{type.name}</code>} description={type.description} checked={isWhole || value.includes(type.name)} disabled={isWhole} onChange={() => toggle(type.name)}
          />
          {onExample !== undefined && <button type="button" className={classes.example} aria-label={`Example of ${type.name}`} onClick={() => onExample(type)}>Example</button>}
        </div>
      ))}
    </div>
  );
}
