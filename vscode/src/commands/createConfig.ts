import { execFile } from 'node:child_process';
import { access } from 'node:fs/promises';
import * as path from 'node:path';
import { promisify } from 'node:util';
import * as vscode from 'vscode';
import { findServer, surroundings } from '../server.js';
import { settings } from '../settings.js';
import { appFor, type Command, Hindrance } from './command.js';

const run = promisify(execFile);

/** Opens the app's hotdev.toml; where there is none, `hotdev init` writes it first. */
export const createConfig: Command = {
  id: 'hotdev.createConfig',
  run: async (ctx, arg) => {
    const app = appFor(ctx, arg);
    const file = path.join(app.root, 'hotdev.toml');
    const exists = await access(file).then(
      () => true,
      () => false,
    );
    if (!exists) {
      const server = await findServer(surroundings(settings.path()));
      if (server === undefined) throw new Hindrance('The hotdev program is not installed.');
      await run(server, ['init', '-C', app.root]);
    }
    await vscode.window.showTextDocument(vscode.Uri.file(file));
  },
};
