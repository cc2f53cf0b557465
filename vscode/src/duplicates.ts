/** Which of hotdev's diagnostics another extension shows already. */

/** What is compared of a diagnostic. */
export interface Finding {
  readonly source?: string | undefined;
  readonly code?: unknown;
  readonly message: string;
  readonly range: { readonly start: { readonly line: number } };
}

/** The source of hotdev's own diagnostics. */
export const ownSource = 'hotdev';

/**
 * What the language server for Go finds as well. Panics, races and everything
 * else of the running app is known to hotdev alone.
 */
const shared = new Set(['type-error', 'syntax-error', 'missing-package', 'missing-module', 'import-cycle', 'embed', 'go-mod', 'go-work']);

/**
 * Leaves out the findings that others show: a finding of the compiler on a line
 * where others have one of an error's severity, or with the same words. `others`
 * may hold hotdev's own, which are not looked at.
 */
export function withoutDuplicates<T extends Finding>(own: readonly T[], others: readonly (Finding & { isError: boolean })[]): T[] {
  const elsewhere = others.filter((other) => other.source !== ownSource);
  return own.filter((finding) => {
    if (!isShared(finding)) return true;
    const sameLine = elsewhere.filter((other) => other.range.start.line === finding.range.start.line);
    return !sameLine.some((other) => other.isError || words(other.message) === words(finding.message));
  });
}

function isShared(finding: Finding): boolean {
  const code = String(finding.code ?? '');
  return shared.has(code) || code.startsWith('vet-');
}

function words(message: string): string {
  return message.replace(/\s+/g, ' ').trim();
}
