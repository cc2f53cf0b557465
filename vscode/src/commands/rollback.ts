import * as vscode from 'vscode';
import { duration, hasServed, outcome } from '../phrases.js';
import type { Reload } from '../protocol.js';
import { appFor, type Command, Hindrance, withProgress } from './command.js';

/** Puts an older version back into service, which people choose. */
export const rollback: Command = {
  id: 'hotdev.rollback',
  run: async (ctx, arg) => {
    const app = appFor(ctx, arg);
    const versions = versionsBefore(app.reloads, app.status?.running?.rev);
    if (versions.length === 0) throw new Hindrance(`${app.name} has no earlier version to go back to.`);
    const picked = await vscode.window.showQuickPick(
      versions.map((reload) => ({
        label: `rev ${reload.rev}`,
        description: `${outcome(reload)}, ${duration(reload.total)}`,
        detail: reload.reason,
        rev: reload.rev,
      })),
      { title: `Roll back ${app.name}`, placeHolder: 'The version to put back into service until the next save' },
    );
    if (picked === undefined) return;
    await withProgress(`Hotdev: rolling back ${app.name}`, () => app.rollback(picked.rev));
  },
};

/** The versions that served and do not now, newest first. */
export function versionsBefore(reloads: readonly Reload[], running: number | undefined): Reload[] {
  const seen = new Set(running === undefined ? [] : [running]);
  return reloads.filter((reload) => {
    if (!hasServed(reload) || seen.has(reload.rev)) return false;
    seen.add(reload.rev);
    return true;
  });
}
