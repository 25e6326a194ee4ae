import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { isRoot } from './privileges.ts';
import { findOnPath, isExecutable, runCommand, tryCommand } from './run-command.ts';

export interface Installer {
  /** Where packages that need no root are kept, for all data directories of this clone. */
  cache: string;
  report(line: string): void;
  signal?: AbortSignal | undefined;
  /** Runs one at a time: apt has one lock, and Maven's repository none that two of them would respect. */
  inTurn<Result>(work: () => Promise<Result>): Promise<Result>;
}

export function createInstaller({ cache, report, signal }: Pick<Installer, 'cache' | 'report' | 'signal'>): Installer {
  mkdirSync(cache, { recursive: true, mode: 0o700 });
  let last: Promise<unknown> = Promise.resolve();
  return {
    cache,
    report,
    signal,
    inTurn(work) {
      const turn = last.then(work);
      last = turn.catch(() => {});
      return turn;
    },
  };
}

/** Shows what is being fetched and how long it took: a first start is quiet for a minute otherwise. */
async function withProgress<Result>({ report }: Pick<Installer, 'report'>, what: string, work: () => Promise<Result>): Promise<Result> {
  const startedAt = Date.now();
  report(`installing ${what} …`);
  const result = await work();
  report(`installing ${what} … done in ${Math.max(1, Math.round((Date.now() - startedAt) / 1_000))} s`);
  return result;
}

export const whyNoDebianPackages = (): string | null => {
  if (findOnPath('apt-get') === null) return 'this is no Debian or Ubuntu';
  return isRoot() ? null : 'needs root';
};

/**
 * The distribution's packages, without their services: we start the servers ourselves, on other ports.
 * Each entry is one package or several of which the first that exists is taken.
 */
export function installDebianPackages(installer: Installer, choices: readonly (readonly string[])[]): Promise<void> {
  return installer.inTurn(async () => {
    const options = { env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }, signal: installer.signal };
    await runCommand('apt-get', ['update', '-q'], options).catch((error: Error) =>
      installer.report(`apt-get update failed, going on with the lists that are here: ${error.message.split('\n').at(-1)}`),
    );
    const packages = await Promise.all(choices.map(firstKnown));
    const apt = ['install', '-q', '-y', '--no-install-recommends', '-o', 'DPkg::Lock::Timeout=120', ...packages];
    await withProgress(installer, packages.join(' '), () => withoutServices(() => runCommand('apt-get', apt, options)));
    if (existsSync('/run/systemd/system')) await disableUnits(packages);
  });
}

async function firstKnown(names: readonly string[]): Promise<string> {
  for (const name of names) if ((await tryCommand('apt-cache', ['show', name], { timeoutMs: 30_000 })) !== null) return name;
  throw new Error(`none of these packages is known to apt: ${names.join(', ')}`);
}

const POLICY = '/usr/sbin/policy-rc.d';

/** Debian's way to say that no service may be started while packages are installed. */
async function withoutServices(install: () => Promise<unknown>): Promise<void> {
  const isOurs = !existsSync(POLICY);
  if (isOurs) writeFileSync(POLICY, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    await install();
  } finally {
    if (isOurs) rmSync(POLICY, { force: true });
  }
}

/** They would start with the machine otherwise. */
async function disableUnits(packages: readonly string[]) {
  const units = ['postgresql', 'redis-server'].filter((unit) => packages.includes(unit));
  if (units.length > 0) await tryCommand('systemctl', ['disable', ...units]);
}

export const whyNoMaven = (): string | null => (findOnPath('mvn') === null ? 'Maven (mvn) is not installed' : null);

/** Makes a folder of the cache once: under another name first, so that an interrupted download is never taken for a whole one. */
export async function cachedFolder(
  installer: Installer,
  { name, what }: { name: string; what: string },
  fill: (folder: string) => Promise<unknown>,
): Promise<string> {
  const folder = join(installer.cache, name);
  if (existsSync(folder)) return folder;
  const draft = `${folder}.${process.pid}.tmp`;
  mkdirSync(dirname(draft), { recursive: true });
  try {
    mkdirSync(draft);
    await withProgress(installer, what, () => fill(draft));
    if (!existsSync(folder)) renameSync(draft, folder);
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
  return folder;
}

/** Unpacks one jar of Maven Central into a folder. */
export async function unpackArtifact(installer: Installer, artifact: string, folder: string): Promise<void> {
  await runMaven(installer, ['dependency:unpack', `-Dartifact=${artifact}`, `-DoutputDirectory=${folder}`], folder);
}

export function runMaven({ inTurn, signal }: Installer, parameters: readonly string[], cwd: string): Promise<string> {
  return inTurn(() => runCommand('mvn', ['-q', '-B', ...parameters], { cwd, signal }));
}

export function findExecutable(folder: string, names: RegExp): string | null {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile() && names.test(entry.name));
  return files.map((entry) => join(entry.parentPath, entry.name)).find(isExecutable) ?? null;
}
