// What scripts add; every page works without them.

/** Copy buttons appear only where they can work: the clipboard needs https or localhost. */
function offerCopying() {
  if (!navigator.clipboard) return;
  for (const button of document.querySelectorAll("button[data-copy]")) {
    const source = document.getElementById(button.dataset.copy);
    const said = button.closest(".secret")?.querySelector("[data-copied]");
    button.hidden = false;
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(source.value ?? source.textContent);
        if (said) said.textContent = "Copied.";
      } catch {
        source.focus();
        source.select?.();
        if (said) said.textContent = "The browser did not allow it. The text is selected: copy it by keyboard.";
      }
    });
  }
}

/** A secret is gone from the page as soon as the page is left, also for the back button. */
function forgetSecrets() {
  addEventListener("pagehide", () => {
    for (const secret of document.querySelectorAll("[data-secret]")) secret.value = "";
  });
}

/** What was wrong with a form is read out first and leads to the field. */
function leadToMistakes() {
  document.querySelector("[data-mistakes]")?.focus();
}

/** "Done" is said once: a reload does not say it again. */
function forgetDone() {
  if (!document.querySelector("[data-done]")) return;
  const here = new URL(location.href);
  here.searchParams.delete("done");
  history.replaceState(null, "", here);
}

/** Choosing a last day means that the key has one. */
function tieDateToChoice() {
  const date = document.getElementById("expiresAt");
  const choice = document.getElementById("lifetime-date");
  if (date && choice) date.addEventListener("input", () => { if (date.value) choice.checked = true; });
}

/** What is under way is looked at again until it has ended, without moving anything else on the page. */
function watch() {
  const pause = 1500, slower = 15_000, longest = 200;
  let looks = 0;
  const calm = () => (document.querySelector("[data-live][data-calm]") ? 4000 : null);
  const look = async () => {
    const region = document.querySelector('[data-live="pending"]');
    if (region && !document.hidden && !busy(region)) {
      looks += 1;
      try {
        const answer = await fetch(location.href, { credentials: "same-origin" });
        if (answer.redirected && new URL(answer.url).pathname === "/login") location.reload();
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        const fresh = answer.ok && page.querySelector("[data-live]");
        if (fresh && fresh.innerHTML !== region.innerHTML && !busy(region)) {
          keep(region, fresh);
          region.replaceWith(fresh);
          document.dispatchEvent(new Event("calltrace:fresh"));
        }
      } catch {
        // away for a moment: the next look may work
      }
    }
    setTimeout(look, looks < longest ? calm() ?? pause : slower);
  };
  setTimeout(look, calm() ?? pause);
}

/** What was played so far, and how far a list was read, stays as it is. */
function keep(region, fresh) {
  for (const old of region.querySelectorAll("[data-keep]")) {
    fresh.querySelector(`[data-keep="${old.dataset.keep}"]`)?.replaceWith(old);
  }
  const list = region.querySelector("[data-turns]"), read = list?.scrollTop;
  const again = fresh.querySelector("[data-turns]");
  if (read && again) requestAnimationFrame(() => { again.scrollTop = read; });
}

/** Whether somebody is at it: what is listened to or was written in is not taken away. */
function busy(region) {
  const audio = region.querySelector("audio");
  const written = [...region.querySelectorAll("textarea")].some((one) => one.value !== one.defaultValue);
  return written || region.contains(document.activeElement) || (audio !== null && !audio.paused);
}

offerCopying();
forgetSecrets();
leadToMistakes();
forgetDone();
tieDateToChoice();
watch();
