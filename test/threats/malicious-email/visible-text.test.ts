import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { visibleText } from '../../../threats/malicious-email/visible-text.ts';

describe('visible text of HTML', () => {
  test.each([
    ['plain text', 'plain text'],
    ['<p>one</p><p>two<br>three</p>', 'one\ntwo\nthree'],
    ['<table><tr><td>a</td><td>b</td></tr></table>', 'a\nb'],
    ['V<b></b>IA<!-- x -->GRA', 'VIAGRA'],
    ['a &amp; b &lt;i&gt; &euro;5 &#x41;&#66; &nbsp; &eacute; &bogus;', 'a & b <i> €5 AB é &bogus;'],
    ['&#146;quoted&#147; &#0;&#xd800;&#99999999;', '’quoted“ \ufffd\ufffd\ufffd'],
    ['1 < 2 and 3 <4', '1 < 2 and 3 <4'],
    ['<A HREF="http://x/?a>b">link</A>', 'link'],
    ["<img alt='<b>' src=x>after", 'after'],
    ['<a title=>x</a>', 'x'],
    ['</ bogus>x<?php y ?>z<![CDATA[w]]>', 'xz'],
    ['<!>a<!-->b<!---->c', 'abc'],
  ])('%s', (html, text) => {
    expect(visibleText(html)).toBe(text);
  });

  test.each([
    ['a script', '<script>if (a < b) "</b>"; HIDDEN</script>'],
    ['a style', '<STYLE type="text/css">.HIDDEN > b {}</STYLE >'],
    ['a title', '<title>HIDDEN</title>'],
    ['a comment', '<!-- > HIDDEN <b> -->'],
    ['a conditional comment', '<!--[if mso]><p>HIDDEN</p><![endif]-->'],
    ['display: none', '<div style="color:red; DISPLAY : none"><b>HIDDEN</b></div>'],
    ['display: none, nested', '<div style=display:none>HIDDEN<div>HIDDEN</div>HIDDEN</div>'],
    ['visibility: hidden', "<span style='visibility:hidden'>HIDDEN</span>"],
    ['opacity: 0', '<span style="opacity:0.0">HIDDEN</span>'],
    ['font size 0', '<font style="font-size:0px;line-height:0">HIDDEN</font>'],
    ['font size 1', '<span style="font-size: 1px !important">HIDDEN</span>'],
    ['max-height: 0', '<div style="max-height:0;overflow:hidden">HIDDEN</div>'],
    ['mso-hide', '<div style="mso-hide:all">HIDDEN</div>'],
    ['the hidden attribute', '<div hidden>HIDDEN</div>'],
    ['an encoded style', '<div style="display&#58;none">HIDDEN</div>'],
  ])('hidden by %s', (_, html) => {
    expect(visibleText(`before ${html} after`).split(/\s+/)).toEqual(['before', 'after']);
  });

  test.each(['opacity:0.5', 'font-size:10px', 'font-size:1em', 'display:block', 'x-display:none-such'])(
    'style %s hides nothing',
    (style) => {
      expect(visibleText(`<p style="${style}">shown</p>`)).toBe('shown');
    },
  );

  test('an unfinished tag, comment or script swallows the rest', () => {
    for (const open of ['<a href="', '<!-- ', '<script>', '<b class=x ']) {
      expect(visibleText(`shown${open}HIDDEN words`)).toBe('shown');
    }
  });

  test('any text without markup is itself, up to white space', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('a', ' ', '\n', '>', '"', '=', '/', '!', '-') }),
        (text) => {
          expect(visibleText(text).split(/\s+/)).toEqual(text.trim().split(/\s+/));
        },
      ),
    );
  });

  test('any bytes at all end, in time linear in their number', () => {
    const pieces = [
      '<',
      '<a',
      '<a x="',
      "<a x='",
      '<a =',
      '<!--',
      '<!',
      '</',
      '&',
      '&#',
      '<script>',
      '<p hidden>',
      '> ',
    ];
    for (const piece of pieces) visibleText(piece.repeat(300_000 / piece.length));
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...pieces, '</p>', '-->', '"', 'x')), (parts) => {
        expect(typeof visibleText(parts.join(''))).toBe('string');
      }),
    );
  });
});
