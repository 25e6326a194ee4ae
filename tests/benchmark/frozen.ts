import type { BenchmarkStack } from './stack.ts';

/** Stops services while one is measured: on a machine that all of them share, theirs would be another's work in its figure. */
export async function withFrozen<Result>({ processes }: BenchmarkStack, names: readonly string[], work: () => Promise<Result>): Promise<Result> {
  const frozen = processes.filter(({ name }) => names.includes(name));
  for (const { pid } of frozen) process.kill(pid, 'SIGSTOP');
  try {
    return await work();
  } finally {
    for (const { pid } of frozen) process.kill(pid, 'SIGCONT');
  }
}
