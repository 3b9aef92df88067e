function makeTexts(): string[] {
  const script = [
    '<script>alert(1)</script>',
    '"><img src=x onerror=alert(1)>',
    "'-alert(1)-'",
    '</textarea><svg/onload=alert(1)>',
  ];
  const sql = ["'; drop table entry; --", '" or 1=1 --', "x' union select secret from key --", '%_%', '\\', 'a\\"b'];
  const sheet = ['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1', '=HYPERLINK("http://x","y")', '|calc'];
  const terminal = [
    '\u001b[2J',
    '\u001b]0;title\u0007',
    '\u009b31m',
    '\u0007\u0008',
    '\r\nfake line',
    '\n{"requestId":"fake"}',
  ];
  const direction = [
    '\u202egnp.exe',
    '\u2066x\u2069',
    '\u200e\u200f',
    'ab\u2028cd\u2029ef',
    '\ufeffbom',
    '\u0000nul\u0000',
  ];
  const shape = [
    '',
    ' ',
    '\ud800',
    '\udfff tail',
    '💥'.repeat(50),
    'é'.repeat(300),
    '__proto__',
    'constructor',
    'null',
    'NaN',
  ];
  const markup = [
    '#{7*7}',
    '{{7*7}}',
    '%s%n%x',
    '../../etc/passwd',
    '%00',
    '&#60;',
    'javascript:alert(1)',
    '<!--',
    ']]>',
  ];
  const seeds = [...script, ...sql, ...sheet, ...terminal, ...direction, ...shape, ...markup];
  const controls = Array.from({ length: 32 }, (_, code) => `c${String.fromCharCode(code)}c`);
  const late = Array.from({ length: 32 }, (_, code) => `c${String.fromCharCode(0x80 + code)}c`);
  const long = Array.from({ length: 12 }, (_, nth) =>
    `${seeds[nth]}`.repeat(1).padEnd(4_000 * (nth + 1), `${seeds[nth]}x`),
  );
  const whole = [...seeds, ...controls, ...late, ...long, 'x'.repeat(1024 * 1024)];
  const rest = Array.from({ length: HOW_MANY - whole.length }, (_, nth) => {
    return `${seeds[nth % seeds.length]}${seeds[(nth * 7 + 3) % seeds.length]}`;
  });
  return [...whole, ...rest];
}

const HOW_MANY = 200;

/** Two hundred texts that have broken pages, terminals, queries and files of others. */
export const HOSTILE_TEXTS: readonly string[] = makeTexts();
