import { emptyDataDirectory } from './data-directory.ts';
import { endProcess } from './process-identity.ts';
import { endLeftovers, findSupervisor, resignAsSupervisor } from './running-stack.ts';

// Longer than every process together may take, one group after the other.
const STOP_TIMEOUT_MS = 90_000;

/** Stops the directory's stack, in whichever terminal or background it runs. */
export async function stopStack(directory: string, report: (line: string) => void): Promise<void> {
  const supervisor = findSupervisor(directory);
  if (supervisor === null) {
    report('Waggle is not running.');
  } else {
    report('Stopping Waggle …');
    await endProcess(supervisor, STOP_TIMEOUT_MS);
    report('… stopped.');
  }
  await endLeftovers(directory);
  resignAsSupervisor(directory);
}

/** Stops it and deletes its data; fetched packages stay. */
export async function resetStack(directory: string, report: (line: string) => void): Promise<void> {
  await stopStack(directory, report);
  emptyDataDirectory(directory);
  report(`Deleted the data in ${directory}.`);
}
