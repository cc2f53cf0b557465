/** Debugging: sessions of type hotdev, which stay over reloads. */

import * as vscode from 'vscode';
import type { App } from './app.js';
import type { Ctx } from './ctx.js';
import { duration, outcome, title } from './phrases.js';
import { DebugEndpoint, Reload } from './protocol.js';

export const debugType = 'hotdev';

/** The configuration that is used for an app where no launch.json says another. */
export function configurationFor(app: App, request: 'launch' | 'attach'): vscode.DebugConfiguration {
  const name = request === 'launch' ? `Hotdev: ${app.name}` : `Hotdev: attach to ${app.name}`;
  return { type: debugType, request, name, app: app.root };
}

/** The debug session of an app; undefined if there is none. */
export function debugSessionOf(app: App): vscode.DebugSession | undefined {
  const session = vscode.debug.activeDebugSession;
  return session?.type === debugType && session.configuration['app'] === app.root ? session : undefined;
}

export function registerDebug(ctx: Ctx): vscode.Disposable[] {
  const configurations = new Configurations(ctx);
  return [
    vscode.debug.registerDebugConfigurationProvider(debugType, configurations),
    vscode.debug.registerDebugConfigurationProvider(
      debugType,
      { provideDebugConfigurations: () => ctx.apps.list.flatMap((app) => [configurationFor(app, 'launch'), configurationFor(app, 'attach')]) },
      vscode.DebugConfigurationProviderTriggerKind.Dynamic,
    ),
    vscode.debug.registerDebugAdapterDescriptorFactory(debugType, { createDebugAdapterDescriptor: (session) => connect(ctx, session) }),
    vscode.debug.onDidReceiveDebugSessionCustomEvent((event) => {
      if (event.session.type === debugType) tell(ctx, event);
    }),
  ];
}

class Configurations implements vscode.DebugConfigurationProvider {
  readonly #ctx: Ctx;

  constructor(ctx: Ctx) {
    this.#ctx = ctx;
  }

  /** For a launch.json that is written anew. */
  provideDebugConfigurations(folder: vscode.WorkspaceFolder | undefined): vscode.DebugConfiguration[] {
    const app = this.#ctx.apps.for(folder?.uri);
    if (app === undefined) return [];
    const { app: _, ...configuration } = configurationFor(app, 'launch');
    return [configuration];
  }

  /** Completes a configuration; an empty one is what F5 gives where there is no launch.json. */
  resolveDebugConfiguration(folder: vscode.WorkspaceFolder | undefined, configuration: vscode.DebugConfiguration): vscode.DebugConfiguration | undefined {
    const app = this.#appOf(folder, configuration['app'] as string | undefined);
    if (app === undefined) {
      void vscode.window.showErrorMessage('Hotdev: no app to debug. A workspace needs a go.mod, and the member "app" of a launch.json the directory of one.');
      return undefined;
    }
    const { type, request, name, ...rest } = configuration;
    const complete = configurationFor(app, request === 'attach' ? 'attach' : 'launch');
    return { ...complete, ...(type ? { name } : {}), ...rest, app: app.root, hotdevEvents: true };
  }

  #appOf(folder: vscode.WorkspaceFolder | undefined, dir: string | undefined): App | undefined {
    const { apps } = this.#ctx;
    if (dir === undefined) return apps.for(vscode.window.activeTextEditor?.document.uri ?? folder?.uri);
    const base = folder?.uri ?? vscode.Uri.file('/');
    const uri = /^([\\/]|[A-Za-z]:)/.test(dir) ? vscode.Uri.file(dir) : vscode.Uri.joinPath(base, dir);
    return apps.at(uri.fsPath);
  }
}

/**
 * Says where the app's debug adapter listens; it is one over all versions of the
 * app. A launch's package, args and profile are for that adapter, which starts
 * the app once it has the breakpoints.
 */
async function connect(ctx: Ctx, session: vscode.DebugSession): Promise<vscode.DebugAdapterDescriptor> {
  const root = session.configuration['app'] as string; // the resolved configuration has it
  const app = ctx.apps.at(root);
  if (app === undefined) throw new Error(`${root} is not part of the workspace.`);
  const { network, address } = await app.request('hotdev/debugEndpoint', {}, DebugEndpoint);
  if (network === 'unix') return new vscode.DebugAdapterNamedPipeServer(address);
  const { hostname, port } = new URL(`tcp://${address}`);
  return new vscode.DebugAdapterServer(Number(port), hostname);
}

/** Says in the debug console what a reload has come to. */
function tell(ctx: Ctx, event: vscode.DebugSessionCustomEvent): void {
  if (event.event !== 'hotdev/reloaded' && event.event !== 'hotdev/buildFailed') return;
  try {
    const reload = Reload.decode(event.body, event.event);
    vscode.debug.activeDebugConsole.appendLine(`hotdev: ${title(reload)}, ${outcome(reload)}, ${duration(reload.total)}: ${reload.reason}`);
  } catch (err) {
    ctx.log.error(String(err));
  }
}
