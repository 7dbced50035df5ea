/** The round plan between `plan.ts` and the wire. */
import type { RoundPlan__Output, RoundPlan as WireRoundPlan } from './generated/fedward/v1/RoundPlan.ts';
import { parseRoundPlan, type RoundPlan } from './plan.ts';

export function planToWire(plan: RoundPlan): WireRoundPlan {
  const { protocol, job, round, attempt, strategy, model, privacy, training, cohort, deadlines } = plan;
  const { epsilon, ...rest } = privacy;
  return {
    protocol,
    attempt: { job, round, attempt },
    strategy,
    model,
    privacy: epsilon === null ? rest : { ...rest, epsilon },
    training,
    cohort,
    deadlines,
  };
}

/** @throws FedwardError `PROTOCOL_VIOLATION` that names the first wrong field. */
export function planFromWire(wire: RoundPlan__Output): RoundPlan {
  const { privacy, cohort } = wire;
  return parseRoundPlan({
    protocol: wire.protocol,
    job: wire.attempt?.job,
    round: wire.attempt?.round,
    attempt: wire.attempt?.attempt,
    strategy: wire.strategy,
    model: { ...wire.model },
    privacy: privacy === null ? null : withEpsilon(privacy),
    training: { ...wire.training },
    cohort:
      cohort === null
        ? null
        : {
            ...cohort,
            roster: cohort.roster.map((entry) => ({ ...entry })),
            graph: cohort.graph && { ...cohort.graph },
          },
    deadlines: { ...wire.deadlines },
  });
}

/** proto3 says "absent" for null, and adds a discriminator of its own that the plan must not hold. */
function withEpsilon(privacy: NonNullable<RoundPlan__Output['privacy']>): Record<string, unknown> {
  const { _epsilon, epsilon, ...rest } = privacy;
  return { ...rest, epsilon: _epsilon === 'epsilon' ? epsilon : null };
}
