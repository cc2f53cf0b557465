import { appFor, type Command } from './command.js';

/** Shows the app's output. */
export const showOutput: Command = { id: 'hotdev.showOutput', run: (ctx, arg) => ctx.logs.of(appFor(ctx, arg)).channel.show() };
