import { Reload } from '../protocol.js';
import { appFor, type Command, Hindrance, withProgress } from './command.js';

/** Puts the version of a row in the view of reloads back into service. */
export const rollbackTo: Command = {
  id: 'hotdev.rollbackTo',
  run: async (ctx, row) => {
    const app = appFor(ctx, row);
    if (typeof row !== 'object' || row === null || !('reload' in row)) throw new Hindrance('Choose the version in the view Reloads.');
    const { rev } = Reload.decode(row.reload, 'the reload');
    if (rev === app.status?.running?.rev) throw new Hindrance(`rev ${rev} of ${app.name} serves already.`);
    await withProgress(`Hotdev: rolling back ${app.name}`, () => app.rollback(rev));
  },
};
