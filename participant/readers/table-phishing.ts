/**
 * Phishing websites, UCI 327 (Mohammad, Thabtah, McCluskey 2015): thirty features in {−1, 0, 1} and the
 * result, −1 for phishing; no header. Names are spelt as published.
 */
import type { ColumnSpec, TableFormat } from './table-format.ts';

const FEATURES = `having_IP_Address URL_Length Shortining_Service having_At_Symbol double_slash_redirecting
Prefix_Suffix having_Sub_Domain SSLfinal_State Domain_registeration_length Favicon port HTTPS_token Request_URL
URL_of_Anchor Links_in_tags SFH Submitting_to_email Abnormal_URL Redirect on_mouseover RightClick popUpWidnow
Iframe age_of_domain DNSRecord web_traffic Page_Rank Google_Index Links_pointing_to_page
Statistical_report`.split(/\s+/);

export const phishingWebsites: TableFormat = {
  id: 'uci-phishing-websites',
  title: 'UCI phishing websites',
  threat: 'phishing-website',
  delimiter: ',',
  header: 'none',
  columns: [
    ...FEATURES.map((name): ColumnSpec => ({ name, kind: 'number', role: 'feature', range: [-1, 1] })),
    { name: 'Result', kind: 'number', role: 'label', range: [-1, 1] },
  ],
  unset: [],
  unknownColumns: 'point out',
};
