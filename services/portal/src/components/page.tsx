import { useEffect, useRef, type ReactNode } from 'react';
import classes from './page.module.css';

interface PageProps {
  title: string;
  /** Where it is, from the outside in; the title itself comes last. */
  trail: readonly ReactNode[];
  lead?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
}

export function Page({ title, trail, lead, actions, children }: PageProps) {
  const main = useRef<HTMLElement>(null);
  useEffect(() => { document.title = `${title} · Waggle`; }, [title]);
  // What had the focus is gone with the page before: the keyboard goes on from here, and a reader is told the new page.
  useEffect(() => {
    if (document.activeElement === document.body) main.current?.focus({ preventScroll: true });
  }, []);
  return (
    <main ref={main} id="main" tabIndex={-1} className={classes.page}>
      <header className={classes.head}>
        <div className={classes.titles}>
          <nav aria-label="Where you are" className={classes.trail}>
            {trail.map((part, index) => <span key={index}>{part}</span>)}
          </nav>
          <h1 className="break">{title}</h1>
          {lead !== undefined && <div className={classes.lead}>{lead}</div>}
        </div>
        {actions !== undefined && <div className={classes.actions}>{actions}</div>}
      </header>
      {children}
    </main>
  );
}
