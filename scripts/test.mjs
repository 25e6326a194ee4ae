// `npm test`: every check of the repository, and one line at the end that counts them. Arguments go to Jest's integration run.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, globSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..');
const RESULTS = join(ROOT, '.waggle/test-results');
const UNIT_RESULTS = '.turbo/test-results.json';
const SOURCES = ['packages', 'services', 'tests'];
const counts = { passed: 0, failed: 0 };
const skipped = [];

rmSync(RESULTS, { recursive: true, force: true });
mkdirSync(RESULTS, { recursive: true });
for (const workspace of workspaces()) rmSync(join(workspace, UNIT_RESULTS), { force: true });

const only = process.argv.slice(2);
if (only.length === 0) {
  await check('build, lint, types and unit tests of every package', 'turbo', ['run', 'build', 'lint', 'typecheck', 'test', '--continue', '--output-logs=errors-only']);
  const modules = join(RESULTS, 'modules.json');
  await check('every module is looked at', 'depcruise', ['--config', '.dependency-cruiser.json', '--output-type', 'json', '--output-to', modules, ...SOURCES], () => overlookedIn(modules));
  await check('import directions', 'depcruise-fmt', ['--output-type', 'err', '--exit-code', modules]);
  await check('unused code and dependencies', 'knip', []);
  for (const workspace of workspaces()) countJest(join(workspace, UNIT_RESULTS));
}
provideChromium();
const outputFile = join(RESULTS, 'integration.json');
const jest = [join(ROOT, 'node_modules/jest/bin/jest.js'), '--selectProjects', 'integration', '--json', '--outputFile', outputFile, ...only];
const exitCode = await run('integration and end-to-end tests on real servers', process.execPath, jest, { NODE_OPTIONS: '--experimental-vm-modules --disable-warning=ExperimentalWarning --disable-warning=TimeoutNegativeWarning' });
if (!countJest(outputFile) || (exitCode !== 0 && counts.failed === 0)) counts.failed++;

for (const what of skipped) console.log(`\nSKIPPED: ${what}`);
console.log(`\n${counts.passed} passed, ${counts.failed} failed`);
process.exitCode = counts.failed > 0 || counts.passed === 0 ? 1 : 0;

/** The portal's tests drive Debian's Chromium. Where there is none and none can be had they are skipped, which is said here and at the end. */
function provideChromium() {
  const isThere = () => Boolean(process.env.CHROMIUM) || ['chromium', 'chromium-browser', 'google-chrome'].some((name) => spawnSync('which', [name]).status === 0);
  if (isThere()) return;
  if (process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')) {
    console.log('\n── installing chromium, for the tests of the portal');
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    spawnSync('apt-get', ['update', '-qq'], { stdio: 'ignore', env });
    spawnSync('apt-get', ['install', '-qq', '-y', '--no-install-recommends', 'chromium'], { stdio: 'ignore', env });
  }
  if (!isThere()) skipped.push('the tests of the portal: there is no Chromium (apt-get install chromium, or CHROMIUM=/its/path)');
}

/** A check that has no count of its own is one. */
async function check(title, command, args, findFaults = () => []) {
  const code = await run(title, command, args, {});
  const faults = code === 0 ? findFaults() : [];
  for (const fault of faults) console.error(`── FAILED: ${fault}`);
  if (code === 0 && faults.length === 0) counts.passed++;
  else counts.failed++;
}

/** Without a parser that fits, dependency-cruiser finds no TypeScript, hence no fault in it, and calls that a success. */
function overlookedIn(file) {
  const seen = new Set(JSON.parse(readFileSync(file, 'utf8')).modules.map(({ source }) => source));
  const sources = globSync(`{${SOURCES.join(',')}}/**/*.{ts,tsx}`, { cwd: ROOT, exclude: ['**/node_modules/**', '**/src/generated/**', '**/dist/**'] });
  const overlooked = sources.filter((source) => !seen.has(source));
  const names = overlooked.slice(0, 5).join(', ');
  return sources.length > 0 && overlooked.length === 0 ? [] : [`${overlooked.length} of ${sources.length} modules were not looked at: ${names} …`];
}

function run(title, command, args, env) {
  console.log(`\n── ${title}`);
  const startedAt = Date.now();
  const child = spawn(command, args, { cwd: ROOT, stdio: ['ignore', 'inherit', 'inherit'], env: { ...process.env, TURBO_TELEMETRY_DISABLED: '1', DO_NOT_TRACK: '1', ...env } });
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => child.kill(signal));
  return new Promise((resolve) => {
    child.once('error', (error) => {
      console.error(error.message);
      resolve(1);
    });
    child.once('exit', (code) => {
      console.log(`── ${code === 0 ? 'ok' : 'FAILED'}, ${Math.round((Date.now() - startedAt) / 1_000)} s`);
      resolve(code ?? 1);
    });
  });
}

/** A test file that could not even be loaded counts as a failure. */
function countJest(file) {
  if (!existsSync(file)) return false;
  const { numPassedTests, numFailedTests, numRuntimeErrorTestSuites } = JSON.parse(readFileSync(file, 'utf8'));
  counts.passed += numPassedTests;
  counts.failed += numFailedTests + numRuntimeErrorTestSuites;
  return true;
}

function workspaces() {
  const inFolder = (folder) => readdirSync(join(ROOT, folder)).map((name) => join(ROOT, folder, name));
  return [...inFolder('packages'), ...inFolder('services'), join(ROOT, 'tests')].filter((path) => existsSync(join(path, 'package.json')));
}
