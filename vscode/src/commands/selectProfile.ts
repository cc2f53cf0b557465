import { readFile } from 'node:fs/promises';
import * as path from 'node:path';
import * as vscode from 'vscode';
import { appFor, type Command, Hindrance, withProgress } from './command.js';

/** Starts the app with another profile of its hotdev.toml. */
export const selectProfile: Command = {
  id: 'hotdev.selectProfile',
  run: async (ctx, arg) => {
    const app = appFor(ctx, arg);
    const config = await readFile(path.join(app.root, 'hotdev.toml'), 'utf8').catch(() => '');
    const names = profilesIn(config);
    if (names.length === 0) throw new Hindrance(`hotdev.toml of ${app.name} has no [profiles.NAME].`);
    const current = app.status?.profile;
    const profile = await vscode.window.showQuickPick(names, { title: `Start ${app.name} with a profile`, placeHolder: current || 'none' });
    if (profile === undefined) return;
    await withProgress(`Hotdev: starting ${app.name}`, () => app.start({ profile }));
  },
};

/** The names of the profiles that a hotdev.toml has tables of. */
export function profilesIn(config: string): string[] {
  const names = [...config.matchAll(/^\s*\[\s*profiles\s*\.\s*(?:"([^"\n]+)"|([\w-]+))/gm)].map((match) => match[1] ?? match[2] ?? '');
  return [...new Set(names)];
}
