import { appFor, type Command } from './command.js';

/** Shows the app's output with its colours, and takes its input. */
export const openTerminal: Command = { id: 'hotdev.openTerminal', run: (ctx, arg) => ctx.terminals.of(appFor(ctx, arg)).show() };
