import { appFor, type Command, withProgress } from './command.js';

/** Builds and restarts the app, also if nothing has changed. */
export const reload: Command = {
  id: 'hotdev.reload',
  run: (ctx, arg) => {
    const app = appFor(ctx, arg);
    return withProgress(`Hotdev: reloading ${app.name}`, () => app.reload());
  },
};
