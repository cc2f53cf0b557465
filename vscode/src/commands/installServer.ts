import * as vscode from 'vscode';
import { serverPackage } from '../server.js';
import type { Command } from './command.js';

/** Installs hotdev with `go install`, in a terminal that people see, and connects. */
export const installServer: Command = {
  id: 'hotdev.installServer',
  run: async (ctx) => {
    const task = new vscode.Task(
      { type: 'hotdev', task: 'install' },
      vscode.TaskScope.Workspace,
      'install hotdev',
      'Hotdev',
      new vscode.ProcessExecution('go', ['install', serverPackage]),
    );
    const done = new Promise<number | undefined>((resolve) => {
      const ended = vscode.tasks.onDidEndTaskProcess((event) => {
        if (event.execution.task.name !== task.name) return;
        ended.dispose();
        resolve(event.exitCode);
      });
    });
    await vscode.tasks.executeTask(task);
    if ((await done) !== 0) throw new Error(`go install ${serverPackage} has failed; the terminal says why.`);
    await Promise.all(ctx.apps.list.filter((app) => app.link.kind !== 'off').map((app) => app.reconnect()));
  },
};
