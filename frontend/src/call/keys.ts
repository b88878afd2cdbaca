// Keys of one letter: the page's only where nothing else wants them.

/** What a key does. */
export type Keys = Record<string, () => void>;

const WANTING = "input, textarea, select, audio, summary, button";

/** Do what a key says, unless it is written with or belongs to the browser. */
export function press(event: KeyboardEvent, keys: Keys): void {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  if (event.target instanceof Element && event.target.closest(WANTING)) return;
  const does = keys[event.key];
  if (!does) return;
  event.preventDefault();
  does();
}
