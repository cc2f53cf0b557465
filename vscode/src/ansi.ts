/** The ANSI sequences of app output. */

// CSI, OSC and two-byte escape sequences (ECMA-48).
const sequence = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)|[ -/]*[0-Z\\^-~])/g;

/** Removes the sequences from a line. */
export function stripAnsi(line: string): string {
  return line.replace(sequence, '');
}
