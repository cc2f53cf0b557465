/** The view of past reloads: causes, phases, outcome. */

import * as path from 'node:path';
import type { App } from '../app.js';
import type { Ctx } from '../ctx.js';
import { duration, hasServed, outcome, phases, title } from '../phrases.js';
import type { Reload } from '../protocol.js';
import { AppTree, openAt, Row } from './tree.js';

export function reloadsView(ctx: Ctx): AppTree {
  return new AppTree(ctx, 'hotdev.reloads', ['reloads'], (app) => app.reloads.map((reload) => new ReloadRow(app, reload)));
}

const icons: Readonly<Record<string, readonly [string, string?]>> = {
  swapped: ['pass', 'testing.iconPassed'],
  restarted: ['pass', 'testing.iconPassed'],
  rolledBack: ['discard'],
  buildFailed: ['error', 'testing.iconFailed'],
  startFailed: ['error', 'testing.iconFailed'],
  superseded: ['debug-step-over'],
  browser: ['browser'],
};

/** A reload, as the inline actions get it. */
class ReloadRow extends Row {
  readonly app: string; // directory of the app
  readonly reload: Reload;

  constructor(app: App, reload: Reload) {
    const [icon, color] = icons[reload.outcome] ?? ['circle-outline'];
    const key = `${reload.time} ${reload.rev} ${reload.outcome}`;
    super(title(reload), {
      key,
      icon,
      color,
      description: `${outcome(reload)} · ${duration(reload.total)} · ${reload.reason}`,
      tooltip: reload.message ?? reload.reason,
      context: hasServed(reload) ? 'reload.version' : undefined,
      command: { title: 'Show', command: 'hotdev.showReload', arguments: [app.root, reload] },
      rows: [...fileRows(app, reload, key), ...phaseRows(reload, key), ...findingRows(app, reload, key)],
    });
    this.app = app.root;
    this.reload = reload;
  }
}

function fileRows(app: App, reload: Reload, key: string): Row[] {
  return reload.files.map((file) => new Row(path.relative(app.root, file), { key: `${key} ${file}`, icon: 'edit', command: openAt(file, 1) }));
}

function phaseRows(reload: Reload, key: string): Row[] {
  const rows = phases(reload.phases).map(([name, ms]) => new Row(name, { key: `${key} ${name}`, description: duration(ms), icon: 'clock' }));
  return rows.length > 0 ? [new Row('timings', { key: `${key} timings`, rows, icon: 'watch', description: duration(reload.total) })] : [];
}

function findingRows(app: App, reload: Reload, key: string): Row[] {
  return (reload.diagnostics ?? []).map(
    (d, i) =>
      new Row(d.message, {
        key: `${key} finding ${i}`,
        icon: d.severity === 'error' ? 'error' : 'warning',
        description: `${path.relative(app.root, d.file)}:${d.line}`,
        tooltip: d.message,
        command: openAt(d.file, d.line, d.col),
      }),
  );
}
