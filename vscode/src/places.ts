/** Places in source files that a line of output names. */

/** A place in a line of text. */
export interface Place {
  readonly start: number; // offset in the line
  readonly length: number;
  readonly file: string; // as it is written
  readonly line: number; // from 1
  readonly column?: number; // from 1
}

const pattern = /(?<![\w/\\.-])((?:[A-Za-z]:)?[\w./\\@~+-]*\.(?:go|tmpl|gohtml|html|toml|mod|work)):(\d+)(?::(\d+))?/g;

/** Finds the places in a line of text, such as `api/api.go:12:3`. */
export function placesIn(text: string): Place[] {
  return [...text.matchAll(pattern)].map((match) => {
    const [whole, file = '', line = '', column] = match;
    return {
      start: match.index,
      length: whole.length,
      file,
      line: Number(line),
      ...(column === undefined ? {} : { column: Number(column) }),
    };
  });
}
