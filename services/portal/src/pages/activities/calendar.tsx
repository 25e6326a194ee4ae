import classes from './calendar.module.css';
import { weeksUntil, type DayState } from './history.ts';

const WEEKS = 26;
const STATES = ['done', 'partial', 'skipped', 'missed'] as const;

/** Half a year of local days, week by week. */
export function Calendar({ days, today }: { days: ReadonlyMap<string, DayState>; today: string }) {
  const shown = weeksUntil(today, WEEKS).flat();
  const done = shown.filter((day) => days.get(day) === 'done').length;
  return (
    <div>
      <div className={classes.scroll} tabIndex={0} role="region" aria-label={`History: done on ${done} days of the last ${WEEKS} weeks`}>
        <ul className={classes.grid}>{shown.map((day) => <Day key={day} day={day} state={days.get(day)} today={today} />)}</ul>
      </div>
      <div className={classes.legend}>{STATES.map((state) => <span key={state}><i className={classes[state]} />{state}</span>)}</div>
    </div>
  );
}

function Day({ day, state, today }: { day: string; state: DayState | undefined; today: string }) {
  const classNames = [classes.day, state === undefined ? '' : classes[state], day > today ? classes.future : '', day === today ? classes.today : ''];
  return <li className={classNames.join(' ')} title={`${day}${state === undefined ? '' : `: ${state}`}`}><span className="visually-hidden">{day > today ? '' : `${day}: ${state ?? 'nothing'}`}</span></li>;
}
