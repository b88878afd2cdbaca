// What is under way is looked at again until it has ended, without moving anything else on the page.

import { all, first, parsed } from "./dom.ts";

const PAUSE = 1500;
const CALM = 4000;
const SLOWER = 15_000;
const LOOKS_BEFORE_SLOWER = 200;

/** The event that tells other scripts that a part of the page was replaced. */
export const FRESH = "calltrace:fresh";

/** Look again and again: at what has ended it costs nothing. */
export function watch(): void {
  let looks = 0;
  const pause = (): number => {
    if (looks >= LOOKS_BEFORE_SLOWER) return SLOWER;
    return first("[data-live][data-calm]") ? CALM : PAUSE;
  };
  const look = async (): Promise<void> => {
    const region = first('[data-live="pending"]');
    if (region && !document.hidden && !busy(region)) {
      looks += 1;
      await refresh(region);
    }
    setTimeout(() => void look(), pause());
  };
  setTimeout(() => void look(), pause());
}

/** Put what the page would say now in the place of what it says. */
async function refresh(region: HTMLElement): Promise<void> {
  try {
    const answer = await fetch(location.href, { credentials: "same-origin" });
    if (answer.redirected && new URL(answer.url).pathname === "/login") location.reload();
    const page = await parsed(answer);
    const fresh = answer.ok ? first("[data-live]", page) : null;
    if (!fresh || fresh.innerHTML === region.innerHTML || busy(region)) return;
    keep(region, fresh);
    region.replaceWith(fresh);
    document.dispatchEvent(new Event(FRESH));
  } catch {
    // away for a moment: the next look may work
  }
}

/** What was played so far, and how far a list was read, stays as it is. */
function keep(region: HTMLElement, fresh: HTMLElement): void {
  for (const old of all("[data-keep]", region)) {
    first(`[data-keep="${old.dataset.keep}"]`, fresh)?.replaceWith(old);
  }
  const read = first("[data-turns]", region)?.scrollTop;
  const again = first("[data-turns]", fresh);
  if (read && again) {
    requestAnimationFrame(() => {
      again.scrollTop = read;
    });
  }
}

/** Whether somebody is at it: what is listened to or was written in is not taken away. */
function busy(region: HTMLElement): boolean {
  const audio = first<HTMLAudioElement>("audio", region);
  const written = all<HTMLTextAreaElement>("textarea", region).some((one) => one.value !== one.defaultValue);
  return written || region.contains(document.activeElement) || (audio !== null && !audio.paused);
}
