/** Read-only documents of the extension's own: reports of reloads, responses to requests. */

import * as vscode from 'vscode';

export const documentScheme = 'hotdev';

/** How many closed documents are kept for going back to. */
const maxDocuments = 50;

export class Documents implements vscode.TextDocumentContentProvider, vscode.Disposable {
  readonly #contents = new Map<string, string>();
  readonly #registration = vscode.workspace.registerTextDocumentContentProvider(documentScheme, this);
  #count = 0;

  provideTextDocumentContent(uri: vscode.Uri): string {
    return this.#contents.get(uri.toString()) ?? 'This was shown in an earlier session.';
  }

  /** Opens a document with a name for its tab, which decides on the language if that is not given. */
  async show(name: string, content: string, options: vscode.TextDocumentShowOptions & { language?: string }): Promise<void> {
    const uri = vscode.Uri.from({ scheme: documentScheme, path: `/${++this.#count}/${name}` });
    this.#contents.set(uri.toString(), content);
    for (const oldest of this.#contents.keys()) {
      if (this.#contents.size <= maxDocuments) break;
      this.#contents.delete(oldest);
    }
    const document = await vscode.workspace.openTextDocument(uri);
    if (options.language !== undefined) await vscode.languages.setTextDocumentLanguage(document, options.language);
    await vscode.window.showTextDocument(document, options);
  }

  dispose(): void {
    this.#registration.dispose();
  }
}
