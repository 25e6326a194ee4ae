import './styles/index.ts';
import { createRoot } from 'react-dom/client';
import { exchangeCode, takeCode } from './api/session.ts';
import { App } from './app.tsx';

const root = createRoot(document.getElementById('root')!);
const code = takeCode();

/** A link that does not work leads to the sign-in page, which says why. */
async function start() {
  const linkProblem = code === null ? null : await exchangeCode(code).then(() => null, (error: unknown) => error);
  root.render(<App linkProblem={linkProblem} />);
}
void start();
