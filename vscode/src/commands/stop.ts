import { appFor, type Command, withProgress } from './command.js';

/** Stops the app; saves go on being built for their diagnostics. */
export const stop: Command = {
  id: 'hotdev.stop',
  run: (ctx, arg) => {
    const app = appFor(ctx, arg);
    return withProgress(`Hotdev: stopping ${app.name}`, () => app.stop());
  },
};
