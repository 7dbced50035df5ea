import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FedwardError, isErrorCode } from '../../proto/errors.ts';
import { formatAttempt, hospitalId, jobId } from '../../proto/vocabulary.ts';
import { expectRefused } from '../secagg/support.ts';

describe('an id', () => {
  it('is any DNS label', () => {
    const inner = fc.stringMatching(/^[a-z0-9-]{0,61}$/);
    const end = fc.stringMatching(/^[a-z0-9]$/);
    fc.assert(
      fc.property(end, inner, end, (first, middle, last) => {
        expect(hospitalId(`${first}${middle}${last}`)).toBe(`${first}${middle}${last}`);
      }),
    );
  });

  it.each(['', '-a', 'a-', 'A', 'ä', 'a.b', 'a b', 'a\n', 'x'.repeat(64)])('is not %j', (text) => {
    expectRefused(() => hospitalId(text), /^A hospital id must be 1–63/, 'INVALID_ARGUMENT');
    expectRefused(() => jobId(text), /^A job id must be 1–63/, 'INVALID_ARGUMENT');
  });

  it('is not repeated at length in the refusal', () => {
    expect(() => hospitalId('X'.repeat(10_000))).toThrowError(
      expect.objectContaining({ message: expect.not.stringMatching(/X{81}/) }),
    );
  });
});

it('an attempt reads job/round.attempt', () => {
  expect(formatAttempt({ job: jobId('mail'), round: 12, attempt: 3 })).toBe('mail/12.3');
});

describe('an error', () => {
  it('carries its code, its exit code and its facts', () => {
    const cause = new Error('below');
    const error = new FedwardError('BUDGET_EXHAUSTED', 'No ε is left.', { cause, details: { left: 0 } });
    expect(error).toMatchObject({ code: 'BUDGET_EXHAUSTED', exitCode: 4, details: { left: 0 }, cause });
    expect(new FedwardError('UNEXPECTED', '').details).toEqual({});
  });

  it('has only the codes of the table', () => {
    expect(isErrorCode('QUORUM_LOST')).toBe(true);
    for (const none of ['', 'quorum_lost', 'toString', '__proto__']) expect(isErrorCode(none)).toBe(false);
  });
});
