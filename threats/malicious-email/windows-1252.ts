/** The characters that windows-1252 puts where Unicode has the control characters U+0080–U+009F. */
const PRINTABLE = '€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ';

/**
 * Reads U+0080–U+009F as windows-1252, which is what mail programs meant by them. `TextDecoder` decodes
 * windows-1252 as Latin-1 on some versions of Node and rightly on others; after this, features agree.
 */
export function repairC1(text: string): string {
  return text.replace(/[\x80-\x9f]/g, (control) => PRINTABLE[control.charCodeAt(0) - 0x80] ?? control);
}
