/**
 * One self-contained page: text that cannot smuggle in markup, and the style sheet of all reports. No
 * script, no font and no picture is loaded from anywhere.
 */

declare const brand: unique symbol;
/** HTML that is safe to put into a page as it is. Only `html` and `trusted` make it. */
export type Markup = { readonly text: string; readonly [brand]: 'Markup' };

type Piece = Markup | readonly Markup[] | string | number;

/** For markup that this program drew itself: charts, never anything that came from data. */
export function trusted(text: string): Markup {
  return { text } as Markup;
}

/** Template tag that escapes whatever is put in, unless it is markup already. */
export function html(strings: TemplateStringsArray, ...pieces: readonly Piece[]): Markup {
  return trusted(String.raw({ raw: strings }, ...pieces.map(render)));
}

function render(piece: Piece): string {
  if (typeof piece === 'string' || typeof piece === 'number') return escapeText(String(piece));
  if ('text' in piece) return piece.text;
  return piece.map((each) => each.text).join('\n');
}

function escapeText(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

export function page(title: string, body: Markup): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${title}</title>
<style>${trusted(STYLE)}</style>
</head>
<body>
<main>
${body}
</main>
</body>
</html>
`.text;
}

const STYLE = `
:root {
  --page: #f7f7f4; --card: #ffffff; --ink: #1b2530; --muted: #5f6b78; --rule: #e3e5e3;
  --federated: #0b7285; --pooled: #a8660b; --mean: #5f6b78; --alone: #b3bcc5; --limit: #b3392f; --wash: #e4f1f2;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #12171c; --card: #1a2128; --ink: #e4e9ed; --muted: #9aa6b1; --rule: #2d363f;
    --federated: #4fc3d1; --pooled: #e0a84f; --mean: #9aa6b1; --alone: #56626d; --limit: #f0867c; --wash: #17323a;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--page); color: var(--ink);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "DejaVu Sans", sans-serif;
  -webkit-text-size-adjust: 100%;
}
main { max-width: 1120px; margin: 0 auto; padding: 48px 24px 64px; }
header { max-width: 940px; }
h1 { font-size: clamp(1.6rem, 1.1rem + 2vw, 2.25rem); line-height: 1.2; font-weight: 650; letter-spacing: -.015em; margin: 10px 0 16px; text-wrap: balance; }
h2 { font-size: 1.2rem; font-weight: 650; margin: 56px 0 16px; }
h3 { font-size: 1rem; font-weight: 600; margin: 0; }
p { margin: 0 0 12px; }
.eyebrow, .note, figcaption { color: var(--muted); font-size: .875rem; }
.eyebrow { margin: 0; }
.lead { font-size: 1.125rem; color: var(--muted); text-wrap: pretty; }
.warning { border-left: 4px solid var(--limit); background: var(--card); padding: 12px 16px; margin: 20px 0 0; }
.warning strong { color: var(--limit); }
.figures { display: grid; grid-template-columns: repeat(3, 1fr); gap: 1px; margin: 36px 0 0; background: var(--rule); border: 1px solid var(--rule); border-radius: 10px; overflow: hidden; }
.figures div { background: var(--card); padding: 16px 20px; }
.figures dt { color: var(--muted); font-size: .875rem; }
.figures dd { margin: 0; }
.figures .value { font-size: 1.5rem; font-weight: 600; letter-spacing: -.01em; font-variant-numeric: tabular-nums; }
.charts { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 20px; margin-top: 20px; }
.card { background: var(--card); border: 1px solid var(--rule); border-radius: 10px; padding: 18px 20px; margin: 0; }
figure p { margin: 2px 0 14px; }
svg { display: block; width: 100%; height: auto; font-family: inherit; }
svg text { font-family: inherit !important; }
.across { grid-column: 1 / -1; display: grid; grid-template-columns: minmax(0, 2fr) minmax(0, 3fr); gap: 32px; }
.across .note { margin-bottom: 20px; }
.federated { color: var(--federated); }
.limit { color: var(--limit); }
.narrow { display: none; }
.table { overflow-x: auto; padding: 4px 20px; }
table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: 9px 16px 9px 0; border-bottom: 1px solid var(--rule); vertical-align: baseline; }
tr > :last-child { padding-right: 0; }
tr:last-child > * { border-bottom: 0; }
.card + .note { margin-top: 12px; }
thead th { color: var(--muted); font-size: .875rem; font-weight: 500; white-space: nowrap; }
tbody th { font-weight: 400; }
.number { text-align: right; white-space: nowrap; }
.ours > * { background: var(--wash); font-weight: 600; }
.ours > :first-child { box-shadow: -20px 0 var(--wash); }
.ours > :last-child { box-shadow: 20px 0 var(--wash); }
.wrong { color: var(--limit); }
.prose { max-width: 820px; }
.prose li { margin: 0 0 12px; padding-left: 4px; }
.prose ul { padding-left: 20px; margin: 0; }
.facts { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 0 40px; margin: 0; }
.facts div { display: flex; justify-content: space-between; gap: 16px; padding: 8px 0; border-bottom: 1px solid var(--rule); }
.facts dt { color: var(--muted); }
.facts dd { margin: 0; text-align: right; overflow-wrap: anywhere; font-variant-numeric: tabular-nums; }
@media (max-width: 720px) {
  main { padding: 28px 16px 48px; }
  .figures { grid-template-columns: repeat(2, 1fr); }
  .figures div { padding: 12px 14px; }
  .figures .value { font-size: 1.25rem; }
  .charts, .facts, .across { grid-template-columns: minmax(0, 1fr); }
  .card { padding: 14px; }
  .table { padding: 2px 14px; }
  .table tr > :not(:last-child) { padding-right: 10px; }
  .table { font-size: .875rem; }
  .records, .wide { display: none; }
  .narrow { display: block; }
  h2 { margin-top: 44px; }
}
@media print {
  body { background: none; font-size: 11pt; }
  .card, .figures { break-inside: avoid; }
}
`;
