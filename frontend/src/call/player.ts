// The recording: from a second on, up to another one, at a speed, and who is told where it is.

import { calm } from "../kit/dom.ts";
import { speedBeside } from "./speeds.ts";

/** Of what players make of a wanted second. */
const ROUNDING = 0.1;

/** Plays the recording; whatever it cannot play is told by the element's own events. */
export class Player {
  readonly audio: HTMLAudioElement | null;
  readonly #moved: (seconds: number) => void;
  #until = Infinity;
  #sought = 0;

  /** `moved` is told of each moment that was come to. */
  constructor(audio: HTMLAudioElement | null, moved: (seconds: number) => void, signal: AbortSignal) {
    this.audio = audio;
    this.#moved = moved;
    audio?.addEventListener("timeupdate", () => this.#follow(), { signal });
    audio?.addEventListener("seeking", () => this.#onSeeking(), { signal });
    audio?.addEventListener("play", () => this.#glide(signal), { signal });
  }

  /** How long the recording is, as soon as that is known. */
  get duration(): number {
    return this.audio?.duration || 0;
  }

  /** Play from a second on, up to another one if that is given. */
  play(start: number, until = Infinity): void {
    this.#until = until;
    if (this.audio) {
      this.#sought = start;
      this.audio.currentTime = start;
      this.#start();
    }
    this.#moved(start);
  }

  toggle(): void {
    if (!this.audio) return;
    this.#until = Infinity;
    if (this.audio.paused) this.#start();
    else this.audio.pause();
  }

  skip(seconds: number): void {
    if (!this.audio) return;
    this.#until = Infinity;
    this.audio.currentTime = Math.max(0, this.audio.currentTime + seconds);
  }

  /** Faster or slower by steps; answers the speed. */
  faster(by: number): number {
    if (!this.audio) return 1;
    this.audio.playbackRate = speedBeside(this.audio.playbackRate, by);
    return this.audio.playbackRate;
  }

  /** Tell of each picture while it plays, not four times a second; where less movement is wanted, do not. */
  #glide(signal: AbortSignal): void {
    if (signal.aborted || !this.audio || this.audio.paused || calm()) return;
    this.#follow();
    requestAnimationFrame(() => this.#glide(signal));
  }

  #start(): void {
    this.audio?.play().catch(() => undefined); // not allowed, or not playable: the error event says so
  }

  /** Whoever goes elsewhere by the browser's own controls does not want to be stopped at the end of a finding. */
  #onSeeking(): void {
    if (Math.abs((this.audio?.currentTime ?? 0) - this.#sought) > ROUNDING) this.#until = Infinity;
    this.#follow();
  }

  #follow(): void {
    if (!this.audio) return;
    const seconds = this.audio.currentTime;
    if (seconds >= this.#until && !this.audio.paused) {
      this.#until = Infinity;
      this.audio.pause();
    }
    this.#moved(seconds);
  }
}
