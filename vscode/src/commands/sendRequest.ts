import * as vscode from 'vscode';
import type { Ctx } from '../ctx.js';
import { hasBody, openParameter, parameterIn, responseDocument, send } from '../http.js';
import { Route } from '../protocol.js';
import { object, text } from '../shape.js';
import { appFor, type Command, Hindrance } from './command.js';

/** What was sent to a route the last time; it is proposed the next time. */
const Sent = object({ path: text, body: text });

/** Sends a request to a route, and opens the response beside. */
export const sendRequest: Command = {
  id: 'hotdev.sendRequest',
  run: async (ctx, arg) => {
    const app = appFor(ctx, arg);
    const given = typeof arg === 'object' && arg !== null && 'route' in arg ? Route.decode(arg.route, 'the route') : await pickRoute(app.routes);
    if (given === undefined) return;
    if (app.url === undefined) throw new Hindrance(`${app.name} listens nowhere: start it first.`);
    const request = await complete(ctx, given);
    if (request === undefined) return;
    const title = `${given.method} ${request.path}`;
    const url = app.url + request.path;
    const response = await vscode.window.withProgress(
      { location: vscode.ProgressLocation.Notification, title, cancellable: true },
      (_progress, token) => {
        const abort = new AbortController();
        token.onCancellationRequested(() => abort.abort());
        return send({ method: given.method, url, body: request.body }, abort.signal);
      },
    );
    const document = responseDocument(title, response);
    await ctx.documents.show(document.name, document.content, { viewColumn: vscode.ViewColumn.Beside, preserveFocus: true, preview: true, language: document.language });
  },
};

async function pickRoute(routes: readonly Route[]): Promise<Route | undefined> {
  if (routes.length === 0) throw new Hindrance('The running version has told no routes so far.');
  const picked = await vscode.window.showQuickPick(
    routes.map((route) => ({ label: `${route.method} ${route.path}`, description: route.handler, route })),
    { title: 'Hotdev: send a request' },
  );
  return picked?.route;
}

/** Asks for what the route leaves open: parameters of the path, and the body. */
async function complete(ctx: Ctx, route: Route): Promise<{ path: string; body: string | undefined } | undefined> {
  const key = `request ${route.method} ${route.path}`;
  const last = Sent.decode(ctx.extension.workspaceState.get(key));
  let path: string | undefined = route.path;
  const parameter = parameterIn(path);
  if (parameter !== undefined) {
    const value = last.path || path;
    path = await vscode.window.showInputBox({
      title: `${route.method} ${route.path}`,
      prompt: 'Path, with its parameters filled in; a query may follow',
      value,
      valueSelection: last.path ? [value.length, value.length] : [parameter.start, parameter.end],
      validateInput: (entered) => openParameter(route.path, entered),
    });
  }
  if (path === undefined) return undefined;
  let body: string | undefined;
  if (hasBody(route.method)) {
    body = await vscode.window.showInputBox({ title: `${route.method} ${path}`, prompt: 'Body, such as JSON', value: last.body || '{}' });
    if (body === undefined) return undefined;
  }
  await ctx.extension.workspaceState.update(key, { path, body: body ?? '' });
  return { path, body };
}
