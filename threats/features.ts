/**
 * Encoders for rows of named cells, from a list that declares what becomes of each field.
 *
 * Nothing is fitted: ranges and vocabularies are declared, so encoding spends no privacy and two hospitals that
 * never met agree on every feature (DESIGN §10). Every feature lies in [0, 1] and each field adds at most 1 to the
 * row's squared norm. A cell that is unset, or missing, leaves its features at 0.
 */
import { z } from 'zod';
import { FedwardError } from '../proto/errors.ts';
import type { Cell, Cells } from './record.ts';
import type { Encoder } from './threat.ts';

/** A record as an encoder sees it: no label, no id, no time stamp. */
export interface FieldSample {
  readonly fields: Cells;
}

export type FieldSpec =
  /** 1 where the number is above 0. */
  | { readonly kind: 'flag'; readonly field: string }
  /** One feature for each value; `other` adds one for all that is not listed. */
  | {
      readonly kind: 'oneOf';
      readonly field: string;
      readonly values: readonly (string | number)[];
      readonly other?: boolean;
    }
  /**
   * A number by its place between `bins` + 1 knots: the two next to it share a weight of 1 (B-splines of degree
   * one), so that a linear model can bend at every knot. Beyond the scale the outermost knot has it all.
   */
  | { readonly kind: 'knots'; readonly field: string; readonly scale: Scale; readonly bins: number };

export type Scale =
  | { readonly type: 'linear'; readonly least: number; readonly most: number }
  /** log(1 + x / unit), from 0 to `most`. */
  | { readonly type: 'log'; readonly most: number; readonly unit?: number }
  /** `signedLog`, from −`most` to `most`. */
  | { readonly type: 'signedLog'; readonly most: number };

/** sign(x)·log(1 + |x|) over log(1 + most), in [−1, 1]. */
export function signedLog(value: number, most: number): number {
  const scaled = Math.min(1, Math.log1p(Math.abs(value)) / Math.log1p(most));
  return value < 0 ? -scaled : scaled;
}

/** Where `value` lies on the scale, in [0, 1]. */
export function placeOn(scale: Scale, value: number): number {
  switch (scale.type) {
    case 'linear':
      return clamp((value - scale.least) / (scale.most - scale.least));
    case 'log': {
      const unit = scale.unit ?? 1;
      return clamp(Math.log1p(Math.max(0, value) / unit) / Math.log1p(scale.most / unit));
    }
    case 'signedLog':
      return clamp((signedLog(value, scale.most) + 1) / 2);
    default:
      return scale satisfies never;
  }
}

function clamp(share: number): number {
  return Math.min(1, Math.max(0, share));
}

/** What each feature stands for, in their order: `flag=SF`, `duration@3` for the fourth knot. */
export function featureNames(specs: readonly FieldSpec[]): string[] {
  return specs.flatMap((spec) => {
    switch (spec.kind) {
      case 'flag':
        return [spec.field];
      case 'oneOf':
        return [...spec.values, ...(spec.other === true ? ['(other)'] : [])].map(
          (value) => `${spec.field}=${value}`,
        );
      case 'knots':
        return Array.from({ length: spec.bins + 1 }, (_, knot) => `${spec.field}@${knot}`);
      default:
        return spec satisfies never;
    }
  });
}

/** @throws FedwardError `INVALID_ARGUMENT` when two specs read one field. */
export function fieldEncoder(id: string, specs: readonly FieldSpec[]): Encoder<FieldSample> {
  if (new Set(specs.map(({ field }) => field)).size !== specs.length) {
    throw new FedwardError('INVALID_ARGUMENT', `The encoder ${id} must not read one field twice.`);
  }
  const plan: { readonly field: string; readonly at: number; readonly write: Write }[] = [];
  let width = 0;
  for (const spec of specs) {
    plan.push({ field: spec.field, at: width, write: writerOf(spec) });
    width += featureNames([spec]).length;
  }
  return {
    id,
    width,
    spans: plan.map(({ field, at }, i) => ({ field, start: at, width: (plan[i + 1]?.at ?? width) - at })),
    encode({ fields }, target, offset) {
      for (const { field, at, write } of plan) {
        const cell = fields[field];
        if (cell !== undefined && cell !== null) write(cell, target, offset + at);
      }
    },
  };
}

type Write = (cell: string | number, target: Float32Array, at: number) => void;

function writerOf(spec: FieldSpec): Write {
  switch (spec.kind) {
    case 'flag':
      return (cell, target, at) => {
        if (Number(cell) > 0) target[at] = 1;
      };
    case 'oneOf': {
      const places = new Map(spec.values.map((value, place) => [value, place]));
      const fallback = spec.other === true ? spec.values.length : undefined;
      return (cell, target, at) => {
        const place = places.get(cell) ?? fallback;
        if (place !== undefined) target[at + place] = 1;
      };
    }
    case 'knots':
      return (cell, target, at) => {
        const place = placeOn(spec.scale, Number(cell)) * spec.bins;
        // A cell that is no number counts as unset.
        if (Number.isNaN(place)) return;
        const knot = Math.min(Math.floor(place), spec.bins - 1);
        target[at + knot] = 1 - (place - knot);
        target[at + knot + 1] = place - knot;
      };
    default:
      return spec satisfies never;
  }
}

/**
 * The record schema that goes with an encoder: exactly its fields, each possibly unset. A field that is not
 * declared is refused, so that none which gives the label away comes in unnoticed.
 */
export function sampleSchema(specs: readonly FieldSpec[]) {
  const number = z.number().nullable();
  const cell = (spec: FieldSpec): z.ZodType<Cell> =>
    spec.kind === 'oneOf' && typeof spec.values[0] === 'string' ? z.string().nullable() : number;
  return z.object({ fields: z.strictObject(Object.fromEntries(specs.map((s) => [s.field, cell(s)]))) });
}
