import { MantineProvider } from '@mantine/core';
import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { useEffect, useSyncExternalStore } from 'react';
import { queries } from './api/query-client.ts';
import { currentBearer, onSessionChange } from './api/session.ts';
import { SignIn } from './pages/sign-in/sign-in.tsx';
import { router } from './router.tsx';
import { theme } from './theme.ts';

/** What Mantine would write into style elements comes from stylesheets: the policy allows no other. */
export function App({ linkProblem }: { linkProblem: unknown }) {
  return (
    <MantineProvider theme={theme} defaultColorScheme="auto" withCssVariables={false} withGlobalClasses={false}>
      <QueryClientProvider client={queries}><Door linkProblem={linkProblem} /></QueryClientProvider>
    </MantineProvider>
  );
}

function Door({ linkProblem }: { linkProblem: unknown }) {
  const bearer = useSyncExternalStore(onSessionChange, currentBearer);
  // Nothing that one had seen is there for the next.
  useEffect(() => () => queries.clear(), [bearer]);
  return bearer === null ? <SignIn linkProblem={linkProblem} /> : <RouterProvider router={router} />;
}
