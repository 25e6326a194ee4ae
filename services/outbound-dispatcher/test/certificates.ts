import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Certificate {
  key: Buffer;
  cert: Buffer;
}

const KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];

/** A certificate authority of our own, and what it signs. `caFile` is for NODE_EXTRA_CA_CERTS. */
export function createAuthority() {
  const directory = mkdtempSync(join(tmpdir(), 'waggle-ca-'));
  const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: directory, stdio: 'pipe' });
  const read = (name: string): Certificate => ({ key: readFileSync(join(directory, `${name}.key`)), cert: readFileSync(join(directory, `${name}.pem`)) });
  const selfSigned = (name: string, commonName: string) =>
    openssl('req', '-x509', ...KEY, '-keyout', `${name}.key`, '-out', `${name}.pem`, '-days', '1', '-subj', `/CN=${commonName}`, '-addext', `subjectAltName=DNS:${commonName}`);
  selfSigned('ca', 'ca.example');
  let count = 0;
  return {
    caFile: join(directory, 'ca.pem'),
    /** For that name; `days` until it ends. */
    sign(host: string, { days = 1 } = {}): Certificate {
      const name = `signed-${++count}`;
      openssl('req', ...KEY, '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', `/CN=${host}`, '-addext', `subjectAltName=DNS:${host}`);
      openssl('x509', '-req', '-in', `${name}.csr`, '-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-copy_extensions', 'copy', '-days', String(days), '-out', `${name}.pem`);
      return read(name);
    },
    /** Signed by nobody else. */
    selfSigned(host: string): Certificate {
      selfSigned('self', host);
      return read('self');
    },
  };
}
