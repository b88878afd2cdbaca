// What scripts add to the pages of scorecards; every one of them works without.

/** A file that is chosen is shown in the text field, where it can be read and mended before it is sent. */
function showFiles() {
  for (const input of document.querySelectorAll("input[type=file][data-into]")) {
    const text = document.getElementById(input.dataset.into);
    input.addEventListener("change", async () => {
      const [file] = input.files;
      if (!file || file.size > 262_144) return; // the server says what is wrong with a big one
      text.value = await file.text();
      input.value = "";
      text.focus();
    });
  }
}

/** A fault leads to its place in the text. */
function leadToFaults() {
  const text = document.querySelector("[data-text]");
  for (const link of document.querySelectorAll("[data-line]")) {
    link.addEventListener("click", (event) => {
      event.preventDefault();
      const lines = text.value.split("\n"), at = Number(link.dataset.line) - 1;
      const before = lines.slice(0, at).reduce((sum, line) => sum + line.length + 1, 0);
      text.focus();
      text.setSelectionRange(before, before + (lines[at] ?? "").length);
      text.scrollTop = (text.scrollHeight / lines.length) * Math.max(0, at - 4);
    });
  }
}

/** A step of the builder replaces the builder and nothing else; whatever goes wrong is the page's own matter. */
function stepInPlace() {
  document.addEventListener("submit", async (event) => {
    const form = event.target, pressed = event.submitter;
    if (!form.matches("form[data-swap]") || !pressed?.value) return;
    event.preventDefault();
    const again = pressed.value, fields = new URLSearchParams(new FormData(form, pressed));
    form.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(form.action, { method: "POST", body: fields, credentials: "same-origin" });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      if (!answer.ok || !page.querySelector("[data-swap-region]")) throw new Error("another page");
      for (const seen of document.querySelectorAll("input[name=seen]")) seen.value = page.querySelector("input[name=seen]").value;
      document.querySelector(".heading").replaceWith(page.querySelector(".heading"));
      for (const region of page.querySelectorAll("[data-swap-region]")) document.getElementById(region.id).replaceWith(region);
      const next = document.querySelector(`button[value="${CSS.escape(again)}"]:not(:disabled)`);
      (next ?? document.getElementById("builder")).focus(); // what was removed, or is at the edge now, cannot be pressed
      document.dispatchEvent(new CustomEvent("calltrace:stepped"));
    } catch {
      const step = Object.assign(document.createElement("input"), { type: "hidden", name: "step", value: again });
      form.append(step);
      form.submit(); // without a script: the answer is a page, with the words for what happened
    }
  });
}

showFiles();
leadToFaults();
stepInPlace();
