/** What a line editor does with a key. */
export type Act =
  | { readonly kind: 'echo'; readonly text: string } // to the terminal
  | { readonly kind: 'line'; readonly text: string } // to the app, with its line end
  | { readonly kind: 'end' } // of the input
  | { readonly kind: 'interrupt' };

/**
 * The line editing of a terminal in its canonical mode (termios(3), ICANON):
 * characters are echoed and kept until Enter; Backspace takes back one, Ctrl+U
 * all; Ctrl+D ends the input, or gives what was typed; Ctrl+C interrupts.
 */
export class LineInput {
  #line: string[] = [];

  /** Takes what the terminal sends for keys or a paste. */
  take(data: string): Act[] {
    const acts: Act[] = [];
    for (const key of characters(data)) {
      acts.push(...this.#key(key));
    }
    return acts;
  }

  #key(key: string): Act[] {
    switch (key) {
      case '\r':
      case '\n':
        return [{ kind: 'echo', text: '\r\n' }, { kind: 'line', text: `${this.#take().join('')}\n` }];
      case '\u007f':
      case '\b':
        return this.#line.pop() === undefined ? [] : [{ kind: 'echo', text: '\b \b' }];
      case '\u0015':
        return [{ kind: 'echo', text: '\b \b'.repeat(this.#take().length) }];
      case '\u0003':
        this.#take();
        return [{ kind: 'echo', text: '^C\r\n' }, { kind: 'interrupt' }];
      case '\u0004':
        return this.#line.length > 0 ? [{ kind: 'line', text: this.#take().join('') }] : [{ kind: 'end' }];
      default:
        if (key < ' ' && key !== '\t' || key.startsWith('\u001b')) return []; // arrows and the like
        this.#line.push(key);
        return [{ kind: 'echo', text: key }];
    }
  }

  #take(): string[] {
    const taken = this.#line;
    this.#line = [];
    return taken;
  }
}

/** Splits into characters, with an escape sequence as one. */
function characters(data: string): string[] {
  return data.match(/\u001b(?:\[[0-?]*[ -/]*[@-~]|O.|.)?|[\s\S]/gu) ?? [];
}
