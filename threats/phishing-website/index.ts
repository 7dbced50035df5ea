/**
 * Phishing websites by thirty judgements of page, address and domain (Mohammad, Thabtah and McCluskey 2012; UCI
 * 327): docs/threats/phishing-website.md. Names are spelt as published.
 */
import { FedwardError } from '../../proto/errors.ts';
import { type FieldSpec, fieldEncoder, sampleSchema } from '../features.ts';
import { type LogThreat, rowByRow } from '../log-threat.ts';

/** Any change of fields or values changes every feature: then this name changes too. */
const ENCODER_ID = 'phishing-website/1';

const FIELDS = `having_IP_Address URL_Length Shortining_Service having_At_Symbol double_slash_redirecting
Prefix_Suffix having_Sub_Domain SSLfinal_State Domain_registeration_length Favicon port HTTPS_token Request_URL
URL_of_Anchor Links_in_tags SFH Submitting_to_email Abnormal_URL Redirect on_mouseover RightClick popUpWidnow
Iframe age_of_domain DNSRecord web_traffic Page_Rank Google_Index Links_pointing_to_page
Statistical_report`.split(/\s+/);

/** −1 phishing, 0 suspicious, 1 legitimate: no scale, since "suspicious" often says more than "phishing". */
export const PHISHING_FIELDS: readonly FieldSpec[] = FIELDS.map((field) => ({
  ...{ kind: 'oneOf', field, values: [-1, 0, 1] },
}));

export const phishingSampleSchema = sampleSchema(PHISHING_FIELDS);

/**
 * 1 for phishing, which the data set writes as −1.
 *
 * @throws FedwardError `DATA_INVALID` when `result` is neither −1 nor 1.
 */
export function phishingLabel(result: number): number {
  if (result === -1) return 1;
  if (result === 1) return 0;
  throw new FedwardError(
    'DATA_INVALID',
    `Result must be -1 (phishing) or 1 (legitimate); got ${result}. Check the order of the columns.`,
  );
}

const encoder = fieldEncoder(ENCODER_ID, PHISHING_FIELDS);

export const phishingWebsite: LogThreat = {
  id: 'phishing-website',
  title: 'Phishing website',
  encoder,
  // Logistic regression: hidden units gain no more than they lose to the noise (docs/threats/phishing-website.md).
  network: { inputs: encoder.width, layers: [{ units: 1, activation: 'sigmoid' }] },
  classes: ['legitimate', 'phishing'],
  formats: ['uci-phishing-websites'],
  fields: FIELDS,
  prepare: rowByRow({
    fields: FIELDS,
    label: ({ Result: result = null }) => (result === null ? null : phishingLabel(Number(result))),
  }),
};
