import { CopyField } from '../../components/copy.tsx';
import classes from './secret-once.module.css';

export function SecretOnce({ secret, title = 'Your signing secret' }: { secret: string; title?: string }) {
  return (
    <section className={classes.secret} aria-label={title}>
      <h2>{title}</h2>
      <p>Copy it now: it is shown this once. A lost secret cannot be looked up, only rotated.</p>
      <CopyField text={secret} what="signing secret" />
    </section>
  );
}
