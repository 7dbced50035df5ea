/** Child process of ledger-durability.test.ts: reserves one charge and is killed before it can commit. */
import { openLedger } from '../../dp/ledger.ts';
import { openLedgerStore } from '../../participant/ledger-store.ts';
import { chargeFor, exampleTerms } from './ledgers.ts';

const [file = ''] = process.argv.slice(2);
const id = openLedger(openLedgerStore(file), exampleTerms()).reserve(chargeFor(1));
process.send?.(id, () => process.kill(process.pid, 'SIGKILL'));
