/** Links from output and reports to the source. */

import { access } from 'node:fs/promises';
import * as path from 'node:path';
import * as vscode from 'vscode';
import type { Ctx } from './ctx.js';
import { documentScheme } from './documents.js';
import { type Place, placesIn } from './places.js';

class PlaceLink extends vscode.DocumentLink {
  readonly place: Place;

  constructor(row: number, place: Place) {
    super(new vscode.Range(row, place.start, row, place.start + place.length));
    this.place = place;
  }
}

/** Only the end of a long log is searched; it is what people look at. */
const maxRows = 5000;

/** Makes `file:line` clickable in hotdev's channels and documents. */
export function registerLinks(ctx: Ctx): vscode.Disposable {
  return vscode.languages.registerDocumentLinkProvider([{ scheme: 'output' }, { scheme: documentScheme }], {
    provideDocumentLinks(document) {
      const links: PlaceLink[] = [];
      for (let row = Math.max(0, document.lineCount - maxRows); row < document.lineCount; row++) {
        links.push(...placesIn(document.lineAt(row).text).map((place) => new PlaceLink(row, place)));
      }
      return links;
    },
    async resolveDocumentLink(link: PlaceLink) {
      const file = await find(ctx, link.place);
      if (file === undefined) return undefined;
      const { line, column } = link.place;
      link.target = vscode.Uri.file(file).with({ fragment: column === undefined ? `L${line}` : `L${line},${column}` });
      return link;
    },
  });
}

/** Finds the file that a place means: as the daemon knows it, absolute, or below an app's root. */
async function find(ctx: Ctx, { file, line }: Place): Promise<string | undefined> {
  const known = ctx.logs.fileOf(file, line);
  const places = known === undefined ? [] : [known];
  if (path.isAbsolute(file)) places.push(file);
  else places.push(...ctx.apps.list.map((app) => path.join(app.root, file)));
  for (const place of places) {
    const exists = await access(place).then(
      () => true,
      () => false,
    );
    if (exists) return place;
  }
  return undefined;
}
