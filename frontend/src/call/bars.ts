// The numbers behind the drawing of a waveform, without a document: tried by themselves.

/** From one second to another. */
export type Span = readonly [start: number, end: number];

/** What the server says of one side of the call; `points` are one byte each, in base64. */
export interface Lane {
  readonly role: string;
  readonly name: string;
  readonly speech: readonly Span[];
  readonly points: string;
}

/** What the server says of a call's waveform. */
export interface Drawing {
  readonly pointsPerSecond: number;
  readonly lanes: readonly Lane[];
}

const FULL_SCALE = 255;

/** The bytes that base64 stands for. */
export function decoded(base64: string): Uint8Array {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}

/**
 * How loud each bar is, 0 to 1: halfway between its loudest and its usual point, since of an hour each bar has
 * a loud one. Bars divide `seconds` evenly, whatever the points cover of it.
 */
export function heights(points: Uint8Array, pointsPerSecond: number, seconds: number, bars: number): Float32Array {
  const found = new Float32Array(bars);
  const each = (seconds * pointsPerSecond) / bars;
  for (let bar = 0; bar < bars; bar += 1) {
    const from = Math.floor(bar * each);
    const to = Math.max(from + 1, Math.floor((bar + 1) * each));
    let most = 0, sum = 0;
    for (let at = from; at < to && at < points.length; at += 1) {
      const point = points[at] ?? 0;
      most = Math.max(most, point);
      sum += point;
    }
    found[bar] = (most + sum / (to - from)) / 2 / FULL_SCALE;
  }
  return found;
}

/** Of each bar, whether somebody speaks in it. */
export function spoken(speech: readonly Span[], seconds: number, bars: number): Uint8Array {
  const found = new Uint8Array(bars);
  const each = seconds / bars;
  for (const [start, end] of speech) {
    found.fill(1, Math.max(0, Math.floor(start / each)), Math.min(bars, Math.max(Math.ceil(end / each), 1)));
  }
  return found;
}

/** How much the loudest bars are lifted, so that a soft recording is seen as well as a loud one. */
export function gain(lanes: readonly Float32Array[]): number {
  const most = Math.max(0, ...lanes.map((lane) => lane.reduce((a, b) => Math.max(a, b), 0)));
  return most > 0 ? Math.min(1 / most, MOST_GAIN) : 1;
}

const MOST_GAIN = 6;

/** A time as the pages write it: 01:05, or 1:00:05 from an hour on. */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (part: number): string => String(part).padStart(2, "0");
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${two(minutes)}:${two(whole % 60)}`;
  return `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(whole % 60)}`;
}
