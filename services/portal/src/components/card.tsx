import { useId, type ReactNode } from 'react';
import classes from './card.module.css';

interface CardProps {
  title: string;
  about?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
}

export function Card({ title, about, actions, children }: CardProps) {
  const id = useId();
  return (
    <section className={classes.card} aria-labelledby={id}>
      <div className={classes.head}>
        <div>
          <h2 id={id}>{title}</h2>
          {about !== undefined && <div className={classes.about}>{about}</div>}
        </div>
        {actions}
      </div>
      <div className={classes.body}>{children}</div>
    </section>
  );
}
