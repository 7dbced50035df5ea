/** Certificates of a test consortium, made once per file, and a record of events that can be awaited. */
import { randomBytes } from 'node:crypto';
import {
  type Authority,
  createAuthority,
  createTlsKeys,
  type Issue,
  issueHospitalCertificate,
  issueServerCertificate,
} from '../../coordinator/pki.ts';
import type { TlsFiles } from '../../coordinator/server.ts';
import type { HospitalId } from '../../proto/vocabulary.ts';

export class TestPki {
  readonly #authority: Authority;
  readonly #issue: Issue;

  private constructor(authority: Authority, issue: Issue) {
    this.#authority = authority;
    this.#issue = issue;
  }

  static async create(): Promise<TestPki> {
    const issue: Issue = { now: new Date(), entropy: (bytes) => randomBytes(bytes), days: 2 };
    return new TestPki(await createAuthority('Test consortium', issue), issue);
  }

  async server(): Promise<TlsFiles> {
    const keys = createTlsKeys();
    return this.#files(
      await issueServerCertificate(this.#authority, [], keys.publicKey, this.#issue),
      keys.privateKey,
    );
  }

  async hospital(id: HospitalId): Promise<TlsFiles> {
    const keys = createTlsKeys();
    return this.#files(
      await issueHospitalCertificate(this.#authority, id, keys.publicKey, this.#issue),
      keys.privateKey,
    );
  }

  #files(certificate: string, privateKey: string): TlsFiles {
    return {
      ca: Buffer.from(this.#authority.certificate),
      certificate: Buffer.from(certificate),
      privateKey: Buffer.from(privateKey),
    };
  }
}

/** What happened, in order; a test awaits what it needs instead of sleeping. */
export class Events<T> {
  readonly all: T[] = [];
  readonly #waiting = new Set<() => void>();

  push(event: T): void {
    this.all.push(event);
    for (const check of this.#waiting) check();
  }

  /** The `count`-th event that matches, once it has happened. */
  when<S extends T>(matches: ((event: T) => event is S) | ((event: T) => boolean), count = 1): Promise<S> {
    return new Promise((resolve) => {
      const check = () => {
        const found = this.all.filter((event): event is S => matches(event))[count - 1];
        if (found === undefined) return;
        this.#waiting.delete(check);
        resolve(found);
      };
      this.#waiting.add(check);
      check();
    });
  }
}
