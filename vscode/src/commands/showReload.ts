import { title } from '../phrases.js';
import { Reload } from '../protocol.js';
import { report } from '../report.js';
import { appFor, type Command, Hindrance } from './command.js';

/** Opens the report of a reload, the newest one if none is named. */
export const showReload: Command = {
  id: 'hotdev.showReload',
  run: async (ctx, root, given) => {
    const app = appFor(ctx, root);
    const reload = given === undefined ? app.reloads[0] : Reload.decode(given, 'the reload');
    if (reload === undefined) throw new Hindrance(`${app.name} has not been reloaded so far.`);
    await ctx.documents.show(`${title(reload)}.diff`, report(reload, app.root), { preview: true, language: 'diff' });
  },
};
