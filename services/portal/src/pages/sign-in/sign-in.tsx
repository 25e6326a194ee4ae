import { Button, PasswordInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useEffect, useState, type FormEvent } from 'react';
import { problemFrom, unreachable } from '../../api/problem.ts';
import { beginSession, lastFarewell } from '../../api/session.ts';
import { Failure } from '../../components/states.tsx';
import logo from '../../logo.svg';
import classes from './sign-in.module.css';

/** Asked with the key itself: only one that is good begins a session. */
async function signIn(key: string): Promise<void> {
  const response = await fetch('/v1/auth/me', { headers: { authorization: `Bearer ${key}` }, credentials: 'omit', cache: 'no-store' }).catch(() => null);
  if (response === null) throw unreachable();
  if (!response.ok) throw await problemFrom(response);
  beginSession(key);
}

export function SignIn({ linkProblem }: { linkProblem: unknown }) {
  useEffect(() => { document.title = 'Sign in · Waggle'; }, []);
  return (
    <div className={classes.screen}>
      <main className={classes.left}>
        <div className={classes.brand}><img src={logo} alt="" width={36} height={36} />Waggle</div>
        <div>
          <h1>Sign in</h1>
          <p className="muted">With a system key you see the whole workspace, with a user key one user.</p>
        </div>
        {linkProblem !== null && <Failure error={linkProblem} />}
        <KeyForm />
        <p className="muted small">
          The key stays in this tab and goes with it. Your server can also send people here without a key: <code>POST /v1/portal-sessions</code> answers a link that is good once and for a minute.
        </p>
      </main>
      <aside className={classes.right} aria-label="What the portal is for">
        <h2>Webhooks in six steps</h2>
        <ol className={classes.steps}>
          <li><strong>Open Settings → Developer → Webhooks</strong><div className="muted">The first page after you sign in.</div></li>
          <li><strong>Add an endpoint</strong><div className="muted">Its HTTPS URL is checked as you type.</div></li>
          <li><strong>Choose event types</strong><div className="muted">With a description and an example of each.</div></li>
          <li><strong>Copy the signing secret</strong><div className="muted">It is shown once.</div></li>
          <li><strong>Verify <code>X-Buffy-Signature</code></strong><div className="muted">Code for your language is beside it.</div></li>
          <li><strong>Answer 200 within five seconds</strong><div className="muted">A test event shows that you do.</div></li>
        </ol>
      </aside>
    </div>
  );
}

function KeyForm() {
  const [key, setKey] = useState('');
  const attempt = useMutation({ mutationFn: signIn });
  const farewell = lastFarewell();
  function submit(event: FormEvent) {
    event.preventDefault();
    if (key.trim() !== '') attempt.mutate(key.trim());
  }
  return (
    <form className={classes.form} onSubmit={submit}>
      {farewell !== null && attempt.isIdle && <p role="status" className="muted">{farewell}</p>}
      <PasswordInput
        label="API key" placeholder="wgl_…" size="md" autoComplete="off" spellCheck={false} autoFocus value={key} onChange={(event) => setKey(event.currentTarget.value)}
        visibilityToggleButtonProps={{ 'aria-label': 'Show the key' }}
      />
      {attempt.isError && <Failure error={attempt.error} />}
      <Button type="submit" size="md" loading={attempt.isPending} disabled={key.trim() === ''}>Sign in</Button>
    </form>
  );
}
