import { appFor, type Command, withProgress } from './command.js';

/** Starts the app; where it fails to, the notice says so. */
export const start: Command = {
  id: 'hotdev.start',
  run: (ctx, arg) => {
    const app = appFor(ctx, arg);
    return withProgress(`Hotdev: starting ${app.name}`, () => app.start());
  },
};
