/** Child process of ledger-store.test.ts: opens the same new files as its siblings, at the same moment. */
import { openLedgerStore } from '../../participant/ledger-store.ts';

process.on('disconnect', () => process.exit());
process.on('message', ({ file, at }: { file: string; at: number }) => {
  try {
    while (Date.now() < at);
    openLedgerStore(file).close();
    process.send?.('opened');
  } catch (error) {
    process.send?.(String(error));
  }
});
process.send?.('ready');
