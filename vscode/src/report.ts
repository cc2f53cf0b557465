/** The report of a reload, as text in the diff format. */

import * as path from 'node:path';
import { duration, hasFailed, outcome, phases, title } from './phrases.js';
import type { Diagnostic, Reload } from './protocol.js';

/**
 * The changed files as the lines of a diff, then the timings and the errors
 * with their places.
 */
export function report(reload: Reload, root: string): string {
  const name = (file: string) => path.relative(root, file);
  const mark = hasFailed(reload) ? '-' : '+';
  const lines = [`${title(reload)}: ${outcome(reload)}, ${duration(reload.total)}`, `${reload.time}, ${reload.reason}`];
  if (reload.message) lines.push(reload.message);
  if (reload.files.length > 0) lines.push('', `@@ changed files @@`, ...reload.files.map((file) => `${mark} ${name(file)}`));
  const timings = phases(reload.phases);
  if (timings.length > 0) lines.push('', '@@ timings @@', ...timings.map(([phase, ms]) => `  ${phase.padEnd(8)}${duration(ms).padStart(9)}`));
  const findings = reload.diagnostics ?? [];
  if (findings.length > 0) lines.push('', '@@ errors @@', ...findings.flatMap((d) => finding(d, name)));
  return `${lines.join('\n')}\n`;
}

function finding(d: Diagnostic, name: (file: string) => string): string[] {
  const place = `${name(d.file)}:${d.line}${d.col ? `:${d.col}` : ''}`;
  const related = (d.related ?? []).map((r) => `    ${name(r.file)}:${r.line}: ${r.message}`);
  return [`! ${place}: ${d.severity}: ${d.message}`, ...related];
}
