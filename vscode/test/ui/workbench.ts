/** The workbench as a person sees it in the browser. */

import * as path from 'node:path';
import type { Locator, Page } from 'playwright-core';
import { artifacts, type Editor } from '../editor.js';

/** The status bar's item of an extension has the extension's and its own ID. */
export const hotdevItem = '[id="hotdev.hotdev.hotdev.status"]';

/** Lines of the demo's api/api.go, from 1. */
export const lines = { greeting: 13, answer: 27 };

/** In a suite: keeps a picture of what a test that fails has left. */
export function pictureOfFailure(workbench: () => Workbench | undefined): void {
  teardown(async function () {
    if (this.currentTest?.state === 'failed') await workbench()?.screenshot(`failed ${this.currentTest.title.replace(/\W+/g, ' ')}`);
  });
}

export class Workbench {
  readonly page: Page;

  private constructor(page: Page) {
    this.page = page;
  }

  /** Opens a folder or a .code-workspace, and waits for hotdev's item in the status bar or, where there is none, for another one. */
  static async open(editor: Editor, folder: string, ready = hotdevItem): Promise<Workbench> {
    const workbench = new Workbench(await editor.page());
    const kind = folder.endsWith('.code-workspace') ? 'workspace' : 'folder';
    await workbench.#load(() => workbench.page.goto(`${editor.url}/?${kind}=${encodeURIComponent(folder)}`), ready);
    return workbench;
  }

  /** Loads the window anew, with another extension host. */
  async reload(): Promise<void> {
    await this.#load(() => this.page.reload(), hotdevItem);
  }

  /**
   * Loads the window until an item is in the status bar. A busy code-server
   * sometimes loses the connection to the extension host that it has just made,
   * and does not always say so; the window is loaded again then.
   */
  async #load(load: () => Promise<unknown>, ready: string): Promise<void> {
    const lost = this.page.locator('.monaco-dialog-box', { hasText: /reconnect/i });
    const item = this.page.locator(`.part.statusbar ${ready}`).first();
    for (let tries = 0; tries < 3; tries++) {
      if (tries > 0) console.log('code-server has lost its extension host: the window is loaded again');
      await load();
      await item.or(lost).first().waitFor({ timeout: 60_000 }).catch(() => undefined);
      if (await item.isVisible()) return;
    }
    await this.screenshot('failed to load');
    throw new Error(`the window was loaded 3 times, and the status bar has no ${ready}`);
  }

  /** Runs a command of the palette. */
  async command(label: string): Promise<void> {
    await this.page.keyboard.press('F1');
    await this.pick(label, `>${label}`);
  }

  /** Types into the quick pick that is open, and takes the row with the label: by keys, as the hover of a row lies over others. */
  async pick(label: string, typed = label): Promise<void> {
    const input = this.page.locator('.quick-input-widget input.input');
    await input.waitFor();
    await input.fill(typed);
    await this.page.locator('.quick-input-list .monaco-list-row.focused', { hasText: label }).waitFor();
    await input.press('Enter');
  }

  /** Opens a file by its path in the folder, at a line. */
  async file(name: string, line = 1): Promise<void> {
    await this.page.keyboard.press('Control+P');
    await this.pick(path.basename(name), `${name}:${line}`);
    await this.page.locator('.tab.active', { hasText: path.basename(name) }).waitFor();
    await this.page.locator('.statusbar-item', { hasText: `Ln ${line}, Col 1` }).waitFor();
    const focused = this.page.locator('.editor-instance .monaco-editor.focused');
    // A row that is drawn anew just after it was clicked takes the focus back to its view.
    const taken = await focused.waitFor({ timeout: 5_000 }).then(() => false, () => true);
    if (taken) await this.command('View: Focus Active Editor Group');
    await focused.waitFor();
  }

  /** Waits for hotdev's item in the status bar to have a text. */
  async status(text: string | RegExp): Promise<void> {
    await this.page.locator(hotdevItem, { hasText: text }).waitFor();
  }

  /** A row of a view in the side bar. */
  row(text: string | RegExp): Locator {
    return this.page.locator('.sidebar .monaco-list-row', { hasText: text }).first();
  }

  /** Clicks an action that a row shows while the mouse is over it. */
  async act(row: Locator, label: string): Promise<void> {
    await row.hover();
    await row.locator(`[aria-label^="${label}"]`).click();
  }

  /** What the editor's list of running extensions says of one; undefined if it does not run. */
  async runningExtension(name: string): Promise<string | undefined> {
    const { page } = this;
    const size = page.viewportSize();
    await page.setViewportSize({ width: 1180, height: 4000 }); // only rows in sight exist
    await this.command('Developer: Show Running Extensions');
    const rows = page.locator('.runtime-extensions-editor .monaco-list-row', { hasText: /Activation: \d+ms/ });
    await rows.first().waitFor();
    const texts = await rows.allTextContents();
    await page.keyboard.press('Escape');
    if (size !== null) await page.setViewportSize(size);
    return texts.find((text) => text.startsWith(name));
  }

  /** Opens hotdev's container in the side bar. */
  async views(): Promise<void> {
    await this.command('View: Show Hotdev');
    await this.page.locator('.sidebar .pane-header', { hasText: 'Routes' }).waitFor();
  }

  /** Replaces the line at whose start the cursor is, and saves. */
  async replaceLine(text: string): Promise<void> {
    const { keyboard } = this.page;
    await keyboard.press('Shift+End');
    await keyboard.insertText(text); // nothing is completed or indented
    await keyboard.press('Control+S');
  }

  /** Takes a picture once nothing lies over the workbench for a while only: tooltips that the mouse has called, and notifications. */
  async picture(name: string): Promise<void> {
    await this.page.mouse.move(640, 715);
    for (const passing of ['.workbench-hover', '.notification-toast']) await this.page.locator(passing).first().waitFor({ state: 'hidden' });
    await this.screenshot(name);
  }

  /** Takes a picture of whatever there is. */
  async screenshot(name: string): Promise<void> {
    await this.page.screenshot({ path: path.join(artifacts(), `${name}.png`) });
  }
}
