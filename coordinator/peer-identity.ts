/**
 * Which hospital is on the other end of a mutual-TLS connection.
 *
 * TLS has already proved that the certificate chains to the consortium's authority and is in date; this
 * reads whom it names. Kept apart from `pki.ts` so that the server never loads the certificate library.
 */
import { X509Certificate } from 'node:crypto';
import { FedwardError } from '../proto/errors.ts';
import { type HospitalId, hospitalId } from '../proto/vocabulary.ts';

const URN_PREFIX = 'urn:fedward:hospital:';

/** The URI that a hospital's certificate carries as its only subject alternative name. */
export function hospitalUrn(id: HospitalId): string {
  return URN_PREFIX + id;
}

/**
 * The whole subject-alternative-name text must be the one URI: node joins several names with commas and
 * quotes odd ones, and splitting that text is how a crafted name passes for another (CVE-2021-44532).
 */
const HOSPITAL_NAME = new RegExp(`^URI:${URN_PREFIX}([a-z0-9-]+)$`);

/**
 * @param certificate The peer's certificate in DER, `raw` of node's `PeerCertificate`.
 * @throws FedwardError `UNAUTHORISED` when there is none or it does not name exactly one hospital.
 */
export function peerHospital(certificate: Uint8Array | undefined): HospitalId {
  const name = HOSPITAL_NAME.exec(alternativeName(certificate))?.[1];
  if (name === undefined) {
    throw new FedwardError(
      'UNAUTHORISED',
      `The peer's certificate must carry exactly one subject alternative name, ${URN_PREFIX}<id>. Connect with the certificate that the coordinator issued when this hospital was enrolled.`,
    );
  }
  try {
    return hospitalId(name);
  } catch (cause) {
    throw new FedwardError('UNAUTHORISED', "The peer's certificate names an impossible hospital id.", {
      cause,
    });
  }
}

function alternativeName(certificate: Uint8Array | undefined): string {
  if (certificate === undefined || certificate.length === 0) return '';
  try {
    return new X509Certificate(certificate).subjectAltName ?? '';
  } catch {
    return '';
  }
}
