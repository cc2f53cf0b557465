import { debugSessionOf } from '../debug.js';
import { appFor, type Command } from './command.js';
import { reload } from './reload.js';

/** Reloads at once, also while the app stands in the debugger: then through it, as it must let go. */
export const reloadNow: Command = {
  id: 'hotdev.reloadNow',
  run: (ctx, arg) => {
    const app = appFor(ctx, arg);
    const session = debugSessionOf(app);
    return session === undefined ? reload.run(ctx, app.root) : session.customRequest('hotdev/reload');
  },
};
