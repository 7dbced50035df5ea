/** `fedward secagg plan`: which graph and threshold a consortium of a given size needs, and what they are worth. */
import type { CommandModule } from 'yargs';
import { type GraphParameters, membersIn, planGraph } from '../../secagg/graph-parameters.ts';

interface Arguments {
  members: number;
  dropout: number;
  corrupt: number;
  format: 'text' | 'json';
}

export const secaggPlanCommand: CommandModule<object, Arguments> = {
  command: 'plan',
  describe: 'Neighbours and threshold for a consortium, with the probability that they fail',
  builder: (yargs) =>
    yargs
      .option('members', { type: 'number', demandOption: true, describe: 'Hospitals on the roster, n' })
      .option('dropout', {
        type: 'number',
        default: 0.25,
        describe: 'Share of them that may drop out of a round',
      })
      .option('corrupt', {
        type: 'number',
        default: 0.2,
        describe: 'Share of them that may collude with the coordinator',
      })
      .option('format', {
        choices: ['text', 'json'] as const,
        default: 'text' as const,
        describe: 'text for people, json for one object; null there is the logarithm of 0',
      })
      .example('$0 secagg plan --members 500 --dropout 0.3 --corrupt 0.1', 'A random graph above n = 100'),
  async handler({ members, dropout, corrupt, format }) {
    const dropouts = membersIn(dropout, members, 'dropout');
    const colluders = membersIn(corrupt, members, 'corrupt');
    const parameters = planGraph({ members, dropouts, corrupt: colluders });
    if (format === 'json') {
      process.stdout.write(`${JSON.stringify(parameters)}\n`);
      return;
    }
    const { uploadOverhead } = await import('../upload.ts');
    process.stdout.write(
      planText(parameters, { dropouts, colluders, uploadBytes: uploadOverhead(parameters) }),
    );
  },
};

export function planText(
  { members, graph, degree, threshold, log2Failure, log2Privacy }: GraphParameters,
  { dropouts, colluders, uploadBytes }: { dropouts: number; colluders: number; uploadBytes: number },
): string {
  const complete = graph === 'complete';
  const rows = [
    ['graph', complete ? 'complete (Bonawitz et al. 2017)' : 'random Harary graph (Bell et al. 2020)'],
    ['neighbours', `${degree} for each member`],
    ['threshold', `${threshold} of ${complete ? members : degree} shares give a secret back`],
    ['a round fails', chance(log2Failure, 'some member keeps too few neighbours')],
    ['privacy fails', chance(log2Privacy, 'a member is surrounded or cut off')],
    ['upload', `4 bytes a parameter and ${(uploadBytes / 1024).toFixed(1)} KiB, for each member`],
  ];
  return [
    `${members} members, of whom ${dropouts} may drop out and ${colluders} may collude with the coordinator.`,
    '',
    ...rows.map(([name, value]) => `  ${name?.padEnd(14)} ${value}`),
    '',
    ...(complete ? AGAINST_MALICIOUS : AGAINST_CURIOUS),
    '',
  ].join('\n');
}

function chance(log2: number, event: string): string {
  if (log2 === -Infinity) return `never, within these numbers`;
  return `with probability 2^${log2.toFixed(1)} at most: ${event}`;
}

const AGAINST_MALICIOUS = [
  'Protects against a coordinator that breaks the protocol, with those colluders: two conflicting answers',
  'cannot both find enough members, so it learns one sum of the honest survivors or nothing.',
];

const AGAINST_CURIOUS = [
  'Protects against a coordinator that follows the protocol and looks at everything, with those colluders,',
  'as long as nobody chose who colludes or drops out by where they stand in the graph. It does not protect',
  "against one that breaks the protocol to surround a member. A hospital's default site policy refuses it.",
];
