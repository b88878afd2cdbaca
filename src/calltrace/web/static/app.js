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

offerCopying();
forgetSecrets();
leadToMistakes();
forgetDone();
tieDateToChoice();
