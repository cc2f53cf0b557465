import * as vscode from 'vscode';
import { known } from '../status.js';
import { statusView } from '../statusview.js';
import type { Command } from './command.js';

/** Chooses the app that views and commands are about. */
export const selectApp: Command = {
  id: 'hotdev.selectApp',
  run: async (ctx, root) => {
    const named = typeof root === 'string' ? ctx.apps.at(root) : undefined;
    if (named !== undefined) return ctx.apps.select(named);
    const picked = await vscode.window.showQuickPick(
      ctx.apps.list.map((app) => ({ label: app.name, description: statusView(known(app)).detail, detail: app.root, app })),
      { title: 'Hotdev: select the app' },
    );
    if (picked !== undefined) ctx.apps.select(picked.app);
  },
};
