import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '@waggle/local-stack';

const GUIDE = join(import.meta.dirname, '../../../docs/guides/verify-webhooks.md');
const directory = mkdtempSync(join(tmpdir(), 'waggle-guide-'));

/** The page's program in this language, as it is printed. */
function printed(language: string): string {
  const [, program] = new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``).exec(readFileSync(GUIDE, 'utf8')) ?? [];
  if (program === undefined) throw new Error(`The guide has no program in ${language}`);
  return program;
}

export const isThere = (command: string) => spawnSync(command, ['--version']).status === 0;

const COMMANDS: Readonly<Record<string, { file: string; command(file: string, port: number): string[] }>> = {
  js: { file: 'receive.mjs', command: (file) => [process.execPath, file] },
  python: { file: 'receive.py', command: (file) => ['python3', file] },
  php: { file: 'receive.php', command: (file, port) => ['php', '-S', `127.0.0.1:${port}`, file] },
};

/** Runs the page's receiver. The port is known before the secret is, as a partner's URL is. */
export async function createProgram(language: string) {
  const port = await freePort();
  const { file, command } = COMMANDS[language]!;
  const path = join(directory, file);
  writeFileSync(path, printed(language));
  return {
    url: `http://127.0.0.1:${port}/`,
    /** Until it is stopped; `output` is what it has printed. */
    start(secret: string) {
      const [executable = '', ...args] = command(path, port);
      const child = spawn(executable, args, { env: { PATH: process.env['PATH'], WEBHOOK_SECRET: secret, PORT: String(port) } });
      let output = '';
      for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => { output += chunk.toString(); });
      return { output: () => output, stop: () => void child.kill() };
    },
  };
}

/** What the page's line for the shell says of this body. */
export function askShell({ secret, signature, body }: { secret: string; signature: string; body: string | Buffer }): string {
  writeFileSync(join(directory, 'body.json'), body);
  return spawnSync('sh', ['-c', printed('sh')], { cwd: directory, env: { PATH: process.env['PATH'], WEBHOOK_SECRET: secret, SIGNATURE: signature } }).stdout.toString().trim();
}
