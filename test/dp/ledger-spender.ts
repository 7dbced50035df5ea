/** Child process of ledger-store.test.ts: reserves rounds of its own job until the budget refuses. */
import { openLedger } from '../../dp/ledger.ts';
import { openLedgerStore } from '../../participant/ledger-store.ts';
import { FedwardError } from '../../proto/errors.ts';
import { chargeFor, exampleTerms } from './ledgers.ts';

const [file = '', job = '', maxEpsilon = ''] = process.argv.slice(2);

process.on('disconnect', () => process.exit());
process.once('message', () => {
  let round = 0;
  try {
    const ledger = openLedger(openLedgerStore(file), exampleTerms({ maxEpsilon: Number(maxEpsilon) }));
    while (round < 2000) {
      ledger.commit(ledger.reserve(chargeFor(round + 1, 1, { job })));
      round++;
    }
    process.send?.({ rounds: round, code: 'never refused' });
  } catch (error) {
    process.send?.({ rounds: round, code: error instanceof FedwardError ? error.code : String(error) });
  }
});
process.send?.('ready');
