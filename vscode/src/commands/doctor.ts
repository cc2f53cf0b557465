import * as vscode from 'vscode';
import { findServer, surroundings } from '../server.js';
import { settings } from '../settings.js';
import { appFor, type Command, Hindrance } from './command.js';

/** Checks the machine, in a terminal. */
export const doctor: Command = {
  id: 'hotdev.doctor',
  run: async (ctx, arg) => {
    const app = appFor(ctx, arg);
    const server = await findServer(surroundings(settings.path()));
    if (server === undefined) throw new Hindrance('The hotdev program is not installed.');
    const task = new vscode.Task(
      { type: 'hotdev', task: 'doctor' },
      vscode.TaskScope.Workspace,
      `doctor (${app.name})`,
      'Hotdev',
      new vscode.ProcessExecution(server, ['doctor', '-C', app.root]),
    );
    await vscode.tasks.executeTask(task);
  },
};
