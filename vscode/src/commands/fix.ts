import { Fix } from '../protocol.js';
import { appFor, type Command, withProgress } from './command.js';

/** Runs the command that a diagnostic proposes, such as `go get`. */
export const fix: Command = {
  id: 'hotdev.fix',
  run: (ctx, proposed, root) => {
    const app = appFor(ctx, root);
    const { title, command, dir } = Fix.decode(proposed, 'the fix');
    return withProgress(`Hotdev: ${title}`, () => app.tell('hotdev/fix', { title, command, dir }));
  },
};
