/** The view of the app: state, addresses, debugger, profile. */

import * as vscode from 'vscode';
import type { App } from '../app.js';
import type { Ctx } from '../ctx.js';
import { count, debuggerState, duration } from '../phrases.js';
import type { Status } from '../protocol.js';
import { known } from '../status.js';
import { possible, statusView, waiting } from '../statusview.js';
import { AppTree, Row } from './tree.js';

export function appView(ctx: Ctx): AppTree {
  return new AppTree(ctx, 'hotdev.app', ['link', 'status', 'reloads'], (app) => [...appRows(app), ...others(ctx, app)]);
}

const icons = {
  running: ['pass-filled', 'testing.iconPassed'],
  failed: ['error', 'testing.iconFailed'],
  crashed: ['error', 'testing.iconFailed'],
  paused: ['debug-pause', 'debugIcon.pauseForeground'],
  building: ['sync~spin'],
  starting: ['sync~spin'],
} as const satisfies Record<string, readonly string[]>;

function appRows(app: App): Row[] {
  const { status } = app;
  if (status === undefined) return [linkRow(app)];
  const [icon, color] = (icons as Record<string, readonly string[]>)[status.state] ?? ['circle-outline'];
  const can = possible(status);
  const state = new Row(status.state, { key: 'state', icon, color, description: status.message, context: ['state', can.start && 'start', can.stop && 'stop'].filter(Boolean).join('.') });
  const rows = [state, ...waitingRow(status), ...runningRows(app, status)];
  rows.push(
    new Row('Debugger', { description: debuggerState(status.debug), icon: 'debug-alt', tooltip: status.debug.reason ?? `mode ${status.debug.mode}` }),
    new Row('Profile', { description: status.profile || 'none', icon: 'settings', context: 'profile', command: command('hotdev.selectProfile', 'Select Profile') }),
  );
  if (status.diagnostics > 0) {
    rows.push(new Row('Problems', { description: count(status.diagnostics, 'problem'), icon: 'warning', command: command('workbench.actions.view.problems', 'Show') }));
  }
  return rows;
}

function waitingRow(status: Status): Row[] {
  const sentence = waiting(status);
  if (sentence === undefined) return [];
  return [new Row(sentence, { key: 'waiting', icon: 'debug-restart', description: 'reload now', context: 'waiting', command: command('hotdev.reloadNow', 'Reload Now') })];
}

function runningRows(app: App, status: Status): Row[] {
  const { running, proxy } = status;
  if (running === undefined) return [];
  const rows = [new Row('Version', { description: `rev ${running.rev}, process ${running.pid}`, icon: 'versions', tooltip: `build ${running.buildID}` })];
  if (app.url !== undefined) {
    const tooltip = proxy.reason ? `${proxy.mode ?? ''}: ${proxy.reason}` : undefined;
    rows.push(new Row('Address', { description: app.url, icon: 'globe', tooltip, context: 'address', command: command('hotdev.openBrowser', 'Open') }));
  }
  if (running.requests.count > 0) {
    const { errors, p50, p95, p99 } = running.requests;
    rows.push(
      new Row('Requests', {
        description: `${running.requests.count} · p50 ${duration(p50)}${errors > 0 ? ` · ${count(errors, 'error')}` : ''}`,
        tooltip: `p95 ${duration(p95)}, p99 ${duration(p99)}`,
        icon: 'graph',
      }),
    );
  }
  return rows;
}

function linkRow(app: App): Row {
  const { detail } = statusView(known(app));
  const mend = app.link.kind === 'missing' ? command('hotdev.installServer', 'Install') : command('hotdev.showLog', 'Show Log');
  return new Row(detail, { key: 'state', icon: 'debug-disconnect', command: mend, tooltip: mend.title });
}

/** The other apps of the workspace, to change to. */
function others(ctx: Ctx, current: App): Row[] {
  const rows = ctx.apps.list
    .filter((app) => app !== current)
    .map((app) => {
      const select: vscode.Command = { title: 'Select', command: 'hotdev.selectApp', arguments: [app.root] };
      return new Row(app.name, { key: app.root, description: app.status?.state, icon: 'package', tooltip: app.root, command: select });
    });
  return rows.length > 0 ? [new Row('Other apps', { rows, icon: 'folder-library' })] : [];
}

function command(id: string, title: string): vscode.Command {
  return { command: id, title };
}
