// How fast a recording is played, without a document: tried by itself.

/** From slow to fast; the keys step through these. */
export const SPEEDS = [0.5, 0.75, 1, 1.25, 1.5, 1.75, 2, 2.5] as const;

/** The speed some steps away from one, which may be any that the browser's own menu offers. */
export function speedBeside(speed: number, by: number): number {
  const faster = SPEEDS.findIndex((one) => one > speed);
  const slower = SPEEDS.findLastIndex((one) => one < speed);
  const from = by > 0 ? (faster < 0 ? SPEEDS.length : faster) - 1 : slower + 1;
  return SPEEDS[Math.min(Math.max(from + by, 0), SPEEDS.length - 1)] ?? 1;
}
