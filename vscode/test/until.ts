/** How long anything may take on a machine with much else to do, in milliseconds. */
export const patience = 90_000;

/**
 * Waits until a check gives something other than undefined and false, and
 * returns that. It fails when its patience ends, with what the check saw last.
 */
export async function until<T>(what: string, check: () => T | undefined | false | Promise<T | undefined | false>, seen?: () => unknown): Promise<T> {
  const end = Date.now() + patience;
  for (;;) {
    const found = await check();
    if (found !== undefined && found !== false) return found;
    if (Date.now() > end) throw new Error(`waited ${patience / 1000} s for ${what}${seen === undefined ? '' : `; now: ${JSON.stringify(seen())}`}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
