import * as vscode from 'vscode';
import { known } from '../status.js';
import { possible, statusView, waiting } from '../statusview.js';
import { appFor, type Command } from './command.js';

interface Action extends vscode.QuickPickItem {
  readonly command?: string;
}

/** Shows everything that can be done with the app, what fits its state first. */
export const menu: Command = {
  id: 'hotdev.menu',
  run: async (ctx, arg) => {
    const app = appFor(ctx, arg);
    const { detail } = statusView(known(app));
    const picked = await vscode.window.showQuickPick(actions(app.link.kind, possible(app.status), waiting(app.status), ctx.apps.list.length), {
      title: `Hotdev: ${app.name}, ${detail}`,
      placeHolder: 'Choose an action',
    });
    if (picked?.command !== undefined) await vscode.commands.executeCommand(picked.command, app.root);
  },
};

/** The actions for a state. */
export function actions(link: string, can: ReturnType<typeof possible>, pending: string | undefined, apps: number): Action[] {
  const action = (label: string, command: string, description = ''): Action => ({ label, command: `hotdev.${command}`, description });
  const group = (label: string): Action => ({ label, kind: vscode.QuickPickItemKind.Separator });
  if (link === 'missing') return [action('$(cloud-download) Install hotdev', 'installServer'), action('$(output) Show Log', 'showLog')];
  return [
    ...(pending === undefined ? [] : [action('$(debug-restart) Reload Now', 'reloadNow', pending)]),
    ...(can.start ? [action('$(play) Start', 'start')] : [action('$(refresh) Reload', 'reload'), action('$(globe) Open in Browser', 'openBrowser')]),
    ...(can.stop ? [action('$(debug-stop) Stop', 'stop')] : []),
    action('$(debug-alt) Debug', 'debug'),
    action('$(discard) Roll Back…', 'rollback'),
    action('$(arrow-right) Send Request…', 'sendRequest'),
    group('look'),
    action('$(output) Show Output of the App', 'showOutput'),
    action('$(terminal) Open Terminal of the App', 'openTerminal'),
    action('$(history) Show Last Reload', 'showReload'),
    action('$(question) What Does Saving This File Do?', 'why'),
    action('$(output) Show Log of Hotdev', 'showLog'),
    group('set up'),
    action('$(gear) Open hotdev.toml', 'createConfig'),
    action('$(settings) Start with a Profile…', 'selectProfile'),
    ...(apps > 1 ? [action('$(folder-library) Select App…', 'selectApp')] : []),
    action('$(pulse) Check the Machine', 'doctor'),
    action('$(debug-restart) Restart the Daemon', 'restartServer'),
  ];
}
