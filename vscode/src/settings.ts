/** The extension's settings; package.json describes them. */

import * as vscode from 'vscode';

function get<T>(name: string, otherwise: T, scope?: vscode.Uri): T {
  return vscode.workspace.getConfiguration('hotdev', scope).get<T>(name, otherwise);
}

export const settings = {
  path: () => get('path', ''),
  startOnOpen: (scope: vscode.Uri) => get('startOnOpen', false, scope),
  reloadOnSave: (scope: vscode.Uri) => get<'all' | 'manual' | 'never'>('reloadOnSave', 'all', scope),
  codeLens: (scope: vscode.Uri) => get('codeLens.enabled', true, scope),
  hideDuplicates: () => get('diagnostics.hideDuplicates', true),
};

/** Tells whether a change of settings is about hotdev.NAME. */
export function affects(change: vscode.ConfigurationChangeEvent, name: string): boolean {
  return change.affectsConfiguration(`hotdev.${name}`);
}
