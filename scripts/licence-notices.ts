import type { BundledPackage } from './bundled-packages.ts';

const RULE = '-'.repeat(78);

/** The text that has to travel with the bundle: who wrote what is in it, and under which terms. */
export function renderNotices(packages: readonly BundledPackage[]): string {
  const parts = packages.flatMap(({ name, version, licence, homepage, notices, embedded }) => [
    renderPart(`${name} ${version} (${licence})`, homepage, notices),
    ...embedded.map((code) => renderPart(`${code.name}, inside ${name} (${code.licence})`, null, [code.notice])),
  ]);
  return `rotato contains the following software of others.\n\n${parts.join('\n')}`;
}

function renderPart(title: string, homepage: string | null, notices: readonly string[]): string {
  const texts = notices.map((notice) => notice.replaceAll('\r\n', '\n').trim());
  return `${RULE}\n${title}\n${homepage === null ? '' : `${homepage}\n`}\n${texts.join('\n\n')}\n`;
}
