import type { Command } from './command.js';

/** Shows what hotdev itself has to say. */
export const showLog: Command = { id: 'hotdev.showLog', run: (ctx) => ctx.log.show() };
