/** The view of the running version's routes and their numbers. */

import * as vscode from 'vscode';
import type { App } from '../app.js';
import type { Ctx } from '../ctx.js';
import { routeNumbers } from '../phrases.js';
import type { Route } from '../protocol.js';
import { AppTree, openAt, Row } from './tree.js';

/** A route as commands get it from views and lenses. */
export interface RouteOf {
  readonly app: string; // directory of the app
  readonly route: Route;
}

export class RouteRow extends Row implements RouteOf {
  readonly app: string;
  readonly route: Route;

  constructor(app: App, route: Route) {
    super(`${route.method} ${route.path}`, {
      description: routeNumbers(route),
      icon: route.errors > 0 ? 'warning' : 'link',
      tooltip: route.file === undefined ? route.handler : `${route.handler}\n${route.file}:${route.line}`,
      context: 'route',
      ...(route.file !== undefined && route.line !== undefined ? { command: openAt(route.file, route.line) } : {}),
    });
    this.app = app.root;
    this.route = route;
  }
}

/** The numbers move with every request; they are fetched this often at most, in milliseconds. */
const pace = 1000;

export function routesView(ctx: Ctx): vscode.Disposable {
  const tree = new AppTree(ctx, 'hotdev.routes', ['routes'], (app) => app.routes.map((route) => new RouteRow(app, route)));
  return vscode.Disposable.from(tree, new Numbers(ctx));
}

/** Fetches the routes again while requests are answered. */
class Numbers implements vscode.Disposable {
  readonly #ctx: Ctx;
  readonly #seen = new WeakMap<App, string>();
  readonly #subscription: vscode.Disposable;
  #timer: NodeJS.Timeout | undefined;

  constructor(ctx: Ctx) {
    this.#ctx = ctx;
    this.#subscription = ctx.apps.onDidChange(({ change }) => {
      if (change === 'status' || change === 'current') this.#soon();
    });
  }

  dispose(): void {
    this.#subscription.dispose();
    clearTimeout(this.#timer);
  }

  #soon(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      const app = this.#ctx.apps.current;
      const running = app?.status?.running;
      if (app === undefined || running === undefined) return;
      const now = `${running.pid} ${running.requests.count}`;
      if (this.#seen.get(app) === now) return;
      this.#seen.set(app, now);
      app.refreshRoutes().catch((err: unknown) => this.#ctx.log.debug(`${app.name}: ${String(err)}`));
    }, pace);
  }
}
