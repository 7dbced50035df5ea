/** One mail as the detector sees it: what its reader sees, and nothing that the delivery added. */
export interface MailSample {
  /** Decoded subject line; empty when there is none. */
  readonly subject: string;
  /** Visible text of the body: HTML is rendered to text, hidden elements and attachments are left out. */
  readonly body: string;
}
