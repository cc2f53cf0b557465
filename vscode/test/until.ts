/**
 * Waits until a check gives something other than undefined and false, and
 * returns that. It fails after 30 seconds, with what the check saw last.
 */
export async function until<T>(what: string, check: () => T | undefined | false | Promise<T | undefined | false>, seen?: () => unknown): Promise<T> {
  const end = Date.now() + 30_000;
  for (;;) {
    const found = await check();
    if (found !== undefined && found !== false) return found;
    if (Date.now() > end) throw new Error(`waited 30 s for ${what}${seen === undefined ? '' : `; now: ${JSON.stringify(seen())}`}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
