/** The Python side as child processes: the vectors' replay, and a member that takes part in a job. */
import { type ChildProcess, spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const INTERPRETER = process.env.FEDWARD_PYTHON ?? '/usr/bin/python3';
const HOME = fileURLToPath(new URL('./python', import.meta.url));

export interface PythonExit {
  readonly code: number | null;
  /** Standard output and error, as they came. */
  readonly output: string;
}

export interface PythonProcess {
  readonly exited: Promise<PythonExit>;
  kill(): unknown;
}

/** @param args after the interpreter's name. */
export function startPython(args: readonly string[]): PythonProcess {
  const child: ChildProcess = spawn(INTERPRETER, args, {
    cwd: HOME,
    stdio: ['ignore', 'pipe', 'pipe'],
    // gRPC's C core would ask a proxy for this machine itself.
    env: {
      ...process.env,
      PYTHONDONTWRITEBYTECODE: '1',
      no_grpc_proxy: '127.0.0.1',
      GRPC_VERBOSITY: 'ERROR',
    },
  });
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  child.once('close', () => process.off('exit', kill));
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  const exited = new Promise<PythonExit>((resolve) => {
    child.once('close', (code) => resolve({ code, output: output.trim() }));
    child.once('error', (error) =>
      resolve({ code: 2, output: `${INTERPRETER} cannot be run: ${error.message}` }),
    );
  });
  return { exited, kill };
}

export interface MemberConfig {
  readonly hospital: string;
  /** host:port. */
  readonly coordinator: string;
  /** Identity keys in base64. */
  readonly members: Readonly<Record<string, string>>;
  /** Little-endian words. */
  readonly vector: Uint8Array;
  readonly deadlineSeconds: number;
  /** The stage before whose message it goes away; null to stay. */
  readonly leaveBefore: string | null;
}

/** Writes the member's configuration into its provisioned folder and starts it. */
export async function startMember(
  folder: string,
  { vector, ...config }: MemberConfig,
): Promise<PythonProcess> {
  await writeFile(join(folder, 'vector.bin'), vector);
  const file = join(folder, 'member.json');
  const own = {
    ...config,
    tls: { ca: 'ca.pem', certificate: 'certificate.pem', privateKey: 'private-key.pem' },
    keystore: 'identity.json',
    passphraseFile: 'passphrase',
    journal: 'journal.ndjson',
    vector: 'vector.bin',
    modes: ['none'],
  };
  await writeFile(file, JSON.stringify(own));
  return startPython(['-m', 'fedward_member', file]);
}
