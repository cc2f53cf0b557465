import * as vscode from 'vscode';
import { WhyResult } from '../protocol.js';
import { appFor, type Command, Hindrance } from './command.js';

/** Says what saving a file does to the app, and why. */
export const why: Command = {
  id: 'hotdev.why',
  run: async (ctx, arg) => {
    const uri = arg instanceof vscode.Uri ? arg : vscode.window.activeTextEditor?.document.uri;
    if (uri?.scheme !== 'file') throw new Hindrance('Open a file to ask what saving it does.');
    const app = appFor(ctx, uri);
    const { class: kind, reason, build } = await app.request('hotdev/why', { file: uri.fsPath }, WhyResult);
    const slowly = build?.method === 'goBuild' && build.reason !== undefined ? ` (built by go build: ${build.reason})` : '';
    void vscode.window.showInformationMessage(`${app.name}, ${kind}: ${reason}${slowly}`);
  },
};
