import { appFor, type Command, withProgress } from './command.js';

/** Ends the daemon, and with it the app, and starts the hotdev that is installed now. */
export const restartServer: Command = {
  id: 'hotdev.restartServer',
  run: (ctx, arg) => {
    const app = appFor(ctx, arg);
    return withProgress(`Hotdev: restarting the daemon of ${app.name}`, async () => {
      if (app.link.kind === 'up') await app.tell('hotdev/shutdown', {});
      await app.reconnect();
    });
  },
};
