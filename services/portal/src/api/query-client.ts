import { QueryClient } from '@tanstack/react-query';
import { ApiProblem } from './problem.ts';

const RETRIES_MAX = 2;

export const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 2_000,
      // What the API refuses it refuses again; what did not reach it may.
      retry: (failures, error) => failures < RETRIES_MAX && (!(error instanceof ApiProblem) || error.status === 0 || error.status === 503),
    },
  },
});
