/** What the attacks of public data sets are called, and the family that each belongs to. */
import { FedwardError } from '../../proto/errors.ts';

/** Families of NSL-KDD and of the DARPA evaluation of 1998 that it comes from; 0 is benign. */
export const KDD_FAMILIES = ['normal', 'dos', 'probe', 'r2l', 'u2r'] as const;

/** Attack names by family. The second line of each stands in the test set only. */
const KDD_ATTACKS: Readonly<Record<(typeof KDD_FAMILIES)[number], string>> = {
  normal: 'normal',
  dos: `back land neptune pod smurf teardrop
    apache2 mailbomb processtable udpstorm worm`,
  probe: `ipsweep nmap portsweep satan
    mscan saint`,
  r2l: `ftp_write guess_passwd imap multihop phf spy warezclient warezmaster
    httptunnel named sendmail snmpgetattack snmpguess xlock xsnoop`,
  u2r: `buffer_overflow loadmodule perl rootkit
    ps sqlattack xterm`,
};

const FAMILY_OF_ATTACK: ReadonlyMap<string, number> = new Map(
  KDD_FAMILIES.flatMap((family, label) =>
    KDD_ATTACKS[family].split(/\s+/).map((attack) => [attack, label] as const),
  ),
);

/** Categories of UNSW-NB15 (Moustafa and Slay 2015); 0 is benign. */
export const UNSW_FAMILIES = [
  ...['normal', 'generic', 'exploits', 'fuzzers', 'dos'],
  ...['reconnaissance', 'analysis', 'backdoor', 'shellcode', 'worms'],
] as const;

/**
 * Index in `KDD_FAMILIES`.
 *
 * @throws FedwardError `DATA_INVALID` for an attack whose family is not known.
 */
export function kddLabel(attack: string): number {
  return known(
    FAMILY_OF_ATTACK.get(attack.trim().toLowerCase()),
    'label',
    'an attack of NSL-KDD, or "normal"',
  );
}

/**
 * Index in `UNSW_FAMILIES`.
 *
 * @throws FedwardError `DATA_INVALID` for a category that is not known.
 */
export function unswLabel(category: string): number {
  const name = category.trim().toLowerCase();
  // One of the official files writes the plural.
  const label = (UNSW_FAMILIES as readonly string[]).indexOf(name === 'backdoors' ? 'backdoor' : name);
  return known(label < 0 ? undefined : label, 'attack_cat', `one of ${UNSW_FAMILIES.join(', ')}`);
}

/** Never says what stands in the cell: where columns are shifted, that may be anything, a person's name too. */
function known(label: number | undefined, column: string, expected: string): number {
  if (label !== undefined) return label;
  throw new FedwardError(
    'DATA_INVALID',
    `${column} must be ${expected}, and is none. Check the order of the columns, or map the attack to one that is known.`,
  );
}
