/**
 * Configuration: YAML text, overrides from the command line, a schema; one object or one clear sentence.
 * Pure: reading the file is the caller's.
 */
import { parse } from 'yaml';
import type { z } from 'zod';
import { FedwardError } from './errors.ts';
import { type HospitalId, hospitalId } from './vocabulary.ts';

/**
 * @param source where the text came from, for messages.
 * @param overrides `path.to.key=value`, the value read as YAML.
 * @throws FedwardError `CONFIG_INVALID` that names the key, what is wrong with it and the source.
 */
export function parseConfig<Schema extends z.ZodType>(
  schema: Schema,
  text: string,
  source: string,
  overrides: readonly string[] = [],
): z.output<Schema> {
  const value = readYaml(text, source);
  for (const override of overrides) applyOverride(value, override);
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const problems = result.error.issues.map(({ path, message }) => {
    const what = message.endsWith('received undefined') ? 'is missing' : message;
    return `${path.join('.') || 'the root'}: ${what}`;
  });
  throw new FedwardError('CONFIG_INVALID', `${source} is not a valid configuration. ${problems.join('; ')}.`);
}

function readYaml(text: string, source: string): Record<string, unknown> {
  const value = yaml(text, source);
  if (isRecord(value)) return value;
  const kind = Array.isArray(value) ? 'a list' : `one ${value === null ? 'empty value' : typeof value}`;
  throw new FedwardError('CONFIG_INVALID', `${source} must hold keys and values, not ${kind}.`);
}

function yaml(text: string, source: string): unknown {
  try {
    return parse(text);
  } catch (cause) {
    const what = cause instanceof Error ? cause.message.split('\n')[0]?.replace(/:$/, '') : 'unknown error';
    throw new FedwardError('CONFIG_INVALID', `${source} is not YAML: ${what}.`, { cause });
  }
}

function applyOverride(config: Record<string, unknown>, override: string): void {
  const [path = '', ...rest] = override.split('=');
  const keys = path.split('.');
  const last = keys.pop();
  if (rest.length === 0 || last === undefined || path === '') {
    throw new FedwardError(
      'CONFIG_INVALID',
      `"-c ${override}" must be key=value, such as policy.maxEpsilon=1.`,
    );
  }
  let target = config;
  for (const key of keys) {
    // Own keys only: a path such as __proto__.x must not reach beyond this object.
    const next = Object.hasOwn(target, key) ? target[key] : undefined;
    const child = isRecord(next) ? next : {};
    Object.defineProperty(target, key, {
      value: child,
      enumerable: true,
      configurable: true,
      writable: true,
    });
    target = child;
  }
  const value = yaml(rest.join('='), `"-c ${override}"`);
  Object.defineProperty(target, last, { value, enumerable: true, configurable: true, writable: true });
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A public identity key in a configuration file: 32 bytes as base64. @throws FedwardError `CONFIG_INVALID`. */
export function identityKeyFromBase64(text: string, of: string): Uint8Array {
  const key = Buffer.from(text, 'base64');
  if (key.length !== 32 || key.toString('base64').replace(/=+$/, '') !== text.replace(/=+$/, '')) {
    throw new FedwardError(
      'CONFIG_INVALID',
      `The identity key of "${of}" must be 32 bytes in base64, as that hospital's keystore shows it.`,
    );
  }
  return new Uint8Array(key);
}

/** `{hospital: key in base64}` as both sides' files hold it. @throws FedwardError `CONFIG_INVALID`. */
export function identityKeys(members: Readonly<Record<string, string>>): Map<HospitalId, Uint8Array> {
  return new Map(
    Object.entries(members).map(([id, key]) => [hospitalId(id), identityKeyFromBase64(key, id)]),
  );
}
