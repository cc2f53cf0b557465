/** What the views have in common: a tree of the current app, drawn anew when it changes. */

import * as vscode from 'vscode';
import type { App, Change } from '../app.js';
import type { Ctx } from '../ctx.js';

/** A row, with the rows below it. */
export class Row extends vscode.TreeItem {
  readonly rows: readonly Row[];

  constructor(label: string, options: RowOptions = {}) {
    const { rows = [], description, icon, color, tooltip, command, context, key, expanded } = options;
    super(label, rows.length === 0 ? vscode.TreeItemCollapsibleState.None : vscode.TreeItemCollapsibleState[expanded ? 'Expanded' : 'Collapsed']);
    this.rows = rows;
    this.id = key ?? label;
    if (description) this.description = description;
    if (icon) this.iconPath = color ? new vscode.ThemeIcon(icon, new vscode.ThemeColor(color)) : new vscode.ThemeIcon(icon);
    if (tooltip) this.tooltip = tooltip;
    if (command) this.command = command;
    if (context) this.contextValue = context;
  }
}

export interface RowOptions {
  readonly rows?: readonly Row[];
  readonly description?: string | undefined;
  readonly icon?: string | undefined;
  readonly color?: string | undefined; // of the icon
  readonly tooltip?: string | vscode.MarkdownString | undefined;
  readonly command?: vscode.Command | undefined;
  readonly context?: string | undefined; // for the menus in package.json
  readonly key?: string | undefined; // unique in the view; the label by default
  readonly expanded?: boolean;
}

export class AppTree implements vscode.TreeDataProvider<Row>, vscode.Disposable {
  readonly view: vscode.TreeView<Row>;
  readonly #ctx: Ctx;
  readonly #rows: (app: App) => readonly Row[];
  readonly #changed = new vscode.EventEmitter<void>();
  readonly #subscription: vscode.Disposable;
  readonly onDidChangeTreeData = this.#changed.event;

  /** @param rows the view's rows; asked for again after the given changes */
  constructor(ctx: Ctx, id: string, changes: readonly Change[], rows: (app: App) => readonly Row[]) {
    this.#ctx = ctx;
    this.#rows = rows;
    this.view = vscode.window.createTreeView(id, { treeDataProvider: this });
    this.#subscription = ctx.apps.onDidChange(({ app, change }) => {
      const matters = change === 'current' || (app === ctx.apps.current && changes.includes(change));
      if (matters) this.#refresh();
    });
    this.#refresh();
  }

  getTreeItem(row: Row): Row {
    return row;
  }

  getChildren(row?: Row): Row[] {
    const app = this.#ctx.apps.current;
    return [...(row?.rows ?? (app === undefined ? [] : this.#rows(app)))];
  }

  dispose(): void {
    this.#subscription.dispose();
    this.view.dispose();
    this.#changed.dispose();
  }

  #refresh(): void {
    const { current, list } = this.#ctx.apps;
    this.view.description = list.length > 1 ? (current?.name ?? '') : '';
    this.#changed.fire();
  }
}

/** Opens a file at a line, which counts from 1. */
export function openAt(file: string, line: number, column = 1): vscode.Command {
  const at = new vscode.Position(Math.max(0, line - 1), Math.max(0, column - 1));
  const options: vscode.TextDocumentShowOptions = { selection: new vscode.Range(at, at) };
  return { title: 'Open', command: 'vscode.open', arguments: [vscode.Uri.file(file), options] };
}
