import * as vscode from 'vscode';
import { appFor, type Command, Hindrance } from './command.js';

/** Opens the app's address in the browser, through a tunnel where the editor is remote. */
export const openBrowser: Command = {
  id: 'hotdev.openBrowser',
  run: async (ctx, arg) => {
    const app = appFor(ctx, arg);
    if (app.url === undefined) throw new Hindrance(`${app.name} listens nowhere: start it first.`);
    await vscode.env.openExternal(await vscode.env.asExternalUri(vscode.Uri.parse(app.url)));
  },
};
