// What every npm script of this repository begins with: npm packages, Node 24, the generated database clients and, where it is served, the
// portal; then the command itself.
// Runs on any Node from 18 on, before anything is installed.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const NODE_NEEDED = 24;
const COMMANDS = {
  start: ['packages/local-stack/src/main.ts', 'start'],
  stop: ['packages/local-stack/src/main.ts', 'stop'],
  reset: ['packages/local-stack/src/main.ts', 'reset'],
  test: ['scripts/test.mjs'],
  smoke: ['packages/local-stack/src/smoke.ts'],
  documents: ['packages/documents/src/write.ts'],
  benchmark: ['tests/benchmark/main.ts'],
  admin: ['packages/setup/src/admin.ts'],
};

const [name = '', ...args] = process.argv.slice(2);
if (!Object.hasOwn(COMMANDS, name)) giveUp(`usage: node scripts/bootstrap.mjs <${Object.keys(COMMANDS).join('|')}> [arguments]`);
installPackages();
const node = findNode();
const env = {
  ...process.env,
  PATH: [join(ROOT, 'node_modules/.bin'), dirname(node), process.env.PATH].join(delimiter),
  // Compiled modules are kept between starts: a third less time and memory at each.
  NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? join(ROOT, '.waggle/cache/node'),
  CHECKPOINT_DISABLE: '1',
  PRISMA_SCHEMA_ENGINE_BINARY: join(ROOT, 'scripts/prisma-schema-engine.mjs'),
};
generateClients();
if (['start', 'test', 'benchmark'].includes(name)) buildPortal();
const [program, ...parameters] = COMMANDS[name];
run([join(ROOT, program), ...parameters, ...args]);

function installPackages() {
  const [lockFile, stamp] = [join(ROOT, 'package-lock.json'), join(ROOT, 'node_modules/.waggle-stamp')];
  if (!existsSync(lockFile)) giveUp(`${lockFile} is missing: this is no whole clone`);
  const current = () => digest(lockFile, join(ROOT, 'node_modules/.package-lock.json'));
  if (read(stamp) === current()) return;
  if (!holdsAllOf(lockFile)) {
    const isFirst = !existsSync(join(ROOT, 'node_modules'));
    // No install scripts: nothing here needs one, and some would download a binary from elsewhere.
    step(`installing npm packages (${isFirst ? 'first time' : 'the lock file has changed'}, a minute or two)`, () =>
      npm(['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']),
    );
  }
  writeFileSync(stamp, current());
}

/** Whether node_modules has every package of the lock file in its version, whoever installed it; optional ones may be for another platform. */
function holdsAllOf(lockFile) {
  const installed = JSON.parse(read(join(ROOT, 'node_modules/.package-lock.json')) || '{"packages":{}}').packages;
  const wanted = Object.entries(JSON.parse(read(lockFile)).packages).filter(([path]) => path.includes('node_modules/'));
  return wanted.every(([path, { version, resolved, optional, peer }]) => {
    const present = installed[path];
    return present === undefined
      ? Boolean(optional || peer)
      : present.version === version && (!present.link || present.resolved === resolved);
  });
}

function findNode() {
  if (majorOf(process.versions.node) >= NODE_NEEDED) return process.execPath;
  // npm calls the package of one platform otherwise than the rest.
  const platform = process.platform === 'win32' ? 'win' : process.platform;
  const packageName = `${platform === 'darwin' && process.arch === 'arm64' ? 'node-bin' : 'node'}-${platform}-${process.arch}`;
  const ownFolder = join(ROOT, '.waggle/node');
  const candidates = [ROOT, ownFolder].map((folder) =>
    join(folder, 'node_modules', packageName, platform === 'win' ? 'bin/node.exe' : 'bin/node'),
  );
  const found = candidates.find(isNeeded);
  if (found) return found;
  mkdirSync(ownFolder, { recursive: true, mode: 0o700 });
  step(`installing Node ${NODE_NEEDED} (this is ${process.versions.node})`, () =>
    npm(['install', '--prefix', ownFolder, '--no-save', '--ignore-scripts', '--no-audit', '--no-fund', `${packageName}@${NODE_NEEDED}`]),
  );
  return (
    candidates.find(isNeeded) ??
    giveUp(
      `Node ${NODE_NEEDED} or newer is needed, found ${process.versions.node} (${process.execPath}), and the npm package ${packageName}@${NODE_NEEDED} could not be used here. Install Node ${NODE_NEEDED} and try again.`,
    )
  );
}

function isNeeded(file) {
  const { stdout } = spawnSync(file, ['--version'], { encoding: 'utf8' });
  return majorOf((stdout ?? '').replace('v', '')) >= NODE_NEEDED;
}

/** Prisma's clients are made from the schemas and not committed. */
function generateClients() {
  const prisma = join(ROOT, 'node_modules/prisma/build/index.js');
  for (const service of readdirSync(join(ROOT, 'services'))) {
    const folder = join(ROOT, 'services', service);
    const schema = join(folder, 'prisma/schema.prisma');
    if (!existsSync(schema)) continue;
    const generated = join(folder, 'src/generated');
    const [stamp, current] = [join(generated, '.stamp'), digest(schema, join(ROOT, 'node_modules/prisma/package.json'))];
    if (read(stamp) === current) continue;
    step(`generating the database client of ${service}`, () =>
      must(spawnSync(node, [prisma, 'generate', '--schema', schema], { cwd: folder, env, encoding: 'utf8' })),
    );
    mkdirSync(generated, { recursive: true });
    writeFileSync(stamp, current);
  }
}

/** The gateway serves what is built. Done again when something of it has changed. */
function buildPortal() {
  const folder = join(ROOT, 'services/portal');
  const sources = ['package.json', 'index.html', 'vite.config.ts', 'build', 'src'].flatMap((name) => filesIn(join(folder, name)));
  const [stamp, current] = [join(folder, 'dist/.stamp'), digest(...sources, join(ROOT, 'packages/client/src/canonical-json.ts'), join(ROOT, 'package-lock.json'))];
  if (read(stamp) === current) return;
  step('building the portal', () => must(spawnSync(node, [join(ROOT, 'node_modules/vite/bin/vite.js'), 'build', '--logLevel', 'warn'], { cwd: folder, env, encoding: 'utf8' })));
  writeFileSync(stamp, current);
}

function filesIn(path) {
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path).sort().flatMap((name) => filesIn(join(path, name)));
}

/** The command takes this process's place: its terminal, its signals, its exit code. */
function run(command) {
  const child = spawn(node, command, { cwd: ROOT, env, stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => giveUp(`${node} does not start: ${error.message}`));
  child.on('exit', (code, signal) => process.exit(code ?? 128 + constants.signals[signal]));
}

function npm(parameters) {
  // Within `npm run` this names the npm that runs us; alone, the shell's.
  const cli = process.env.npm_execpath;
  const [file, ...first] = cli?.endsWith('.js') ? [process.execPath, cli] : ['npm'];
  must(spawnSync(file, [...first, ...parameters], { cwd: ROOT, encoding: 'utf8' }));
}

function must({ status, signal, error, stdout, stderr }) {
  if (status === 0) return;
  // npm says what is wrong first and how to use it afterwards.
  const output = `${stderr ?? ''}${stdout ?? ''}`.trim().split('\n').slice(0, 20).join('\n');
  throw new Error(error ? error.message : `${output}\n(${signal ?? `exit code ${status}`})`);
}

function step(what, work) {
  const startedAt = Date.now();
  console.error(`${what} …`);
  try {
    work();
  } catch (error) {
    giveUp(`${what} failed:\n${error.message}`);
  }
  console.error(`… done in ${Math.max(1, Math.round((Date.now() - startedAt) / 1_000))} s`);
}

function read(file) {
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}

function digest(...files) {
  const hash = createHash('sha256');
  for (const file of files) hash.update(read(file)).update('\0');
  return hash.digest('hex');
}

function majorOf(version) {
  return Number.parseInt(version, 10);
}

function giveUp(message) {
  console.error(message);
  process.exit(1);
}
