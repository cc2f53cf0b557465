/** How long to wait before something that keeps failing is tried again. */
export class Backoff {
  #failures = 0;
  readonly #first: number;
  readonly #longest: number;
  readonly #healthy: number;

  /**
   * @param first the first wait; it doubles with every failure
   * @param longest the longest wait
   * @param healthy what lived for so long starts anew with the first wait
   *
   * All in milliseconds.
   */
  constructor(first: number, longest: number, healthy: number) {
    this.#first = first;
    this.#longest = longest;
    this.#healthy = healthy;
  }

  /** The wait after a failure of something that lived for `lived` milliseconds. */
  next(lived: number): number {
    if (lived >= this.#healthy) this.#failures = 0;
    return Math.min(this.#first * 2 ** this.#failures++, this.#longest);
  }
}
