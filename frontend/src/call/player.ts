// The recording: from a second on, up to another one, and who is told where it is.

/** Plays the recording; whatever it cannot play is told by the element's own events. */
export class Player {
  readonly audio: HTMLAudioElement | null;
  readonly #moved: (seconds: number) => void;
  #until = Infinity;

  /** `moved` is told of each moment that was come to. */
  constructor(audio: HTMLAudioElement | null, moved: (seconds: number) => void, signal: AbortSignal) {
    this.audio = audio;
    this.#moved = moved;
    for (const event of ["timeupdate", "seeking"]) audio?.addEventListener(event, () => this.#follow(), { signal });
  }

  /** How long the recording is, as soon as that is known. */
  get duration(): number {
    return this.audio?.duration || 0;
  }

  /** Play from a second on, up to another one if that is given. */
  play(start: number, until = Infinity): void {
    this.#until = until;
    if (this.audio) {
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

  #start(): void {
    this.audio?.play().catch(() => undefined); // not allowed, or not playable: the error event says so
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
