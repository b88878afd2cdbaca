// A call that is listened to: the transcript follows, lines and findings are heard, keys lead around.

const SKIP = 5;
const HIGHLIGHT = "found";

/** @typedef {{element: HTMLElement, start: number, end: number}} Line */

/** Everything of the page that is open, or nothing while there is no recording or transcript. */
let call = null;

class Call {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
    this.audio = root.querySelector("audio");
    this.box = root.querySelector("[data-turns]");
    /** @type {Line[]} in order of their start */
    this.lines = [...root.querySelectorAll(".line")].map((element) => (
      { element, start: Number(element.dataset.start), end: Number(element.dataset.end) }
    ));
    this.findings = [...root.querySelectorAll("[data-seek]")].sort((a, b) => a.dataset.seek - b.dataset.seek);
    /** @type {HTMLElement[]} in the order of the scorecard */
    this.criteria = [...root.querySelectorAll("[data-criterion]")];
    this.now = root.querySelector("[data-now]");
    this.search = root.querySelector("#find");
    this.current = -1;
    this.until = Infinity;
    this.closing = new AbortController();
    this.#listen();
  }

  /** Let go of elements that another one takes over. */
  close() {
    this.closing.abort();
  }

  /** @param {EventTarget} target */
  #on(target, event, react) {
    target?.addEventListener(event, react, { signal: this.closing.signal });
  }

  #listen() {
    if (this.audio) {
      for (const moved of ["timeupdate", "seeking"]) {
        this.#on(this.audio, moved, () => this.#follow(this.audio.currentTime));
      }
      this.#on(this.audio, "error", () => { this.root.querySelector("[data-unplayable]").hidden = false; });
      const strip = this.root.querySelector("[data-strip]");
      this.#on(strip, "click", (event) => {
        const box = strip.getBoundingClientRect();
        if (this.audio.duration) this.play((event.clientX - box.left) / box.width * this.audio.duration);
      });
    }
    this.keys = this.root.querySelector("[data-keys]");
    if (this.keys) this.keys.hidden = false;
    this.#choose(this.#next(this.criteria.findIndex((one) => `#${one.id}` === location.hash)));
    this.#on(this.box, "click", (event) => this.#onLine(event));
    for (const quote of this.findings) this.#on(quote, "click", (event) => this.#onQuote(event, quote));
    if (this.search) this.#offerSearch();
  }

  /** Play from a second on, up to another one if that is given. */
  play(start, until = Infinity) {
    this.until = until;
    if (this.audio) {
      this.audio.currentTime = start;
      this.audio.play().catch(() => {}); // not allowed, or not playable: the error event says so
    }
    this.#follow(start);
  }

  toggle() {
    if (!this.audio) return;
    this.until = Infinity;
    if (this.audio.paused) this.audio.play().catch(() => {});
    else this.audio.pause();
  }

  skip(seconds) {
    if (!this.audio) return;
    this.until = Infinity;
    this.audio.currentTime = Math.max(0, this.audio.currentTime + seconds);
  }

  step(by) {
    const at = Math.min(Math.max(this.current + by, 0), this.lines.length - 1);
    if (this.lines.length) this.play(this.lines[at].start);
  }

  nextFinding() {
    if (!this.findings.length) return;
    const here = this.finding ? this.findings.indexOf(this.finding) : -1;
    this.#show(this.findings[(here + 1) % this.findings.length]);
  }

  /** The criterion that keys decide: the chosen one, or the first that nobody has decided. */
  get criterion() {
    return this.chosen ?? this.criteria.find((one) => !("decided" in one.dataset)) ?? this.criteria[0];
  }

  /** The criterion at a place; when it is decided, the next one that is not: so a decision leads on. */
  #next(at) {
    return this.criteria.slice(at < 0 ? Infinity : at).find((one) => !("decided" in one.dataset)) ?? this.criteria[at];
  }

  #choose(criterion) {
    if (!criterion) return;
    this.chosen?.removeAttribute("aria-current");
    this.chosen = criterion;
    criterion.setAttribute("aria-current", "true");
  }

  /** One criterion on or back; the first time the one that would be decided. */
  stepCriterion(by) {
    if (!this.criteria.length) return;
    const at = this.criteria.indexOf(this.criterion) + (this.chosen ? by : 0);
    this.#choose(this.criteria[Math.min(Math.max(at, 0), this.criteria.length - 1)]);
    this.chosen.focus();
  }

  confirm() {
    this.criterion?.querySelector("[data-confirm]")?.click();
  }

  override() {
    const form = this.criterion?.querySelector("[data-override]");
    if (!form) return;
    this.#choose(this.criterion);
    form.open = true;
    (form.querySelector("input:checked") ?? form.querySelector('input[type="radio"]')).focus();
  }

  help() {
    if (!this.keys) return;
    this.keys.open = !this.keys.open;
    if (this.keys.open) this.keys.scrollIntoView({ block: "nearest" });
  }

  #show(quote) {
    this.finding?.removeAttribute("aria-current");
    this.finding = quote;
    quote.setAttribute("aria-current", "true");
    this.#choose(quote.closest("[data-criterion]"));
    this.play(Number(quote.dataset.seek), Number(quote.dataset.until));
    reveal(this.box, document.getElementById(quote.hash.slice(1)));
  }

  #onQuote(event, quote) {
    event.preventDefault();
    this.#show(quote);
  }

  #onLine(event) {
    if (event.target.closest("[data-own]")) return;
    const element = event.target.closest(".line");
    if (!element || (!event.target.closest("a") && String(getSelection()))) return; // words are being selected
    event.preventDefault();
    this.play(Number(element.dataset.start));
  }

  #follow(seconds) {
    if (seconds >= this.until && this.audio && !this.audio.paused) {
      this.until = Infinity;
      this.audio.pause();
    }
    if (this.now && this.audio?.duration) {
      const x = String(1000 * seconds / this.audio.duration);
      this.now.setAttribute("x1", x);
      this.now.setAttribute("x2", x);
    }
    const at = lineAt(this.lines, seconds);
    if (at === this.current) return;
    this.lines[this.current]?.element.removeAttribute("aria-current");
    this.current = at;
    const line = this.lines[at];
    line?.element.setAttribute("aria-current", "true");
    if (line) reveal(this.box, line.element);
  }

  #offerSearch() {
    this.root.querySelector("[data-search]").hidden = false;
    this.hits = [];
    this.#on(this.search, "input", () => this.#find());
    this.#on(this.search, "keydown", (event) => {
      if (event.key === "Enter" && this.hits.length) {
        event.preventDefault();
        this.hit = (this.hit + (event.shiftKey ? this.hits.length - 1 : 1)) % this.hits.length;
        this.#tell();
      } else if (event.key === "Escape") {
        this.search.value = "";
        this.#find();
        this.search.blur();
      }
    });
  }

  #find() {
    const wanted = this.search.value.trim().toLowerCase();
    this.hits = wanted ? this.lines.filter((line) => line.element.querySelector(".words").textContent.toLowerCase().includes(wanted)) : [];
    for (const line of this.root.querySelectorAll(".line[data-hit]")) delete line.dataset.hit;
    for (const line of this.hits) line.element.dataset.hit = "";
    mark(this.hits, wanted);
    this.hit = 0;
    this.#tell(wanted);
  }

  #tell(wanted = this.search.value.trim()) {
    const said = this.root.querySelector("[data-hits]");
    said.textContent = !wanted ? "" : this.hits.length ? `${this.hit + 1} of ${this.hits.length}` : "not found";
    for (const line of this.root.querySelectorAll('.line[data-hit="now"]')) line.dataset.hit = "";
    if (!this.hits.length) return;
    this.hits[this.hit].element.dataset.hit = "now";
    reveal(this.box, this.hits[this.hit].element);
  }
}

/** The last line that has begun by then, by halving: -1 before the first. */
function lineAt(lines, seconds) {
  let low = 0, high = lines.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (lines[middle].start <= seconds + 0.05) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** Bring a line into the box, and leave the page where it is. */
function reveal(box, element) {
  if (!box || !element) return;
  const frame = box.getBoundingClientRect(), place = element.getBoundingClientRect();
  if (place.top >= frame.top + 24 && place.bottom <= frame.bottom - 24) return;
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const far = Math.abs(place.top - frame.top) > 2 * frame.height;
  box.scrollBy({ top: place.top - frame.top - frame.height / 3, behavior: calm || far ? "instant" : "smooth" });
}

/** Colour the words that were searched for, where the browser can. */
function mark(hits, wanted) {
  if (!CSS.highlights) return;
  const found = new Highlight();
  // Found in the text itself: lower case can be longer (İ), and then places would not fit.
  const pattern = new RegExp(wanted.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"), "giu");
  for (const { element } of hits) {
    const walker = document.createTreeWalker(element.querySelector(".words"), NodeFilter.SHOW_TEXT);
    for (let text = walker.nextNode(); wanted && text; text = walker.nextNode()) {
      for (const match of text.data.matchAll(pattern)) {
        const range = new Range();
        range.setStart(text, match.index);
        range.setEnd(text, match.index + match[0].length);
        found.add(range);
      }
    }
  }
  CSS.highlights.set(HIGHLIGHT, found);
}

/** Keys are the page's only where nothing else wants them. */
function onKey(event) {
  if (!call || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  const wanting = event.target.closest("input, textarea, select, audio, summary, button");
  if (wanting) return;
  const does = {
    " ": () => call.toggle(), ArrowLeft: () => call.skip(-SKIP), ArrowRight: () => call.skip(SKIP),
    ArrowUp: () => call.step(-1), ArrowDown: () => call.step(1), n: () => call.nextFinding(),
    "/": () => call.search?.focus(), j: () => call.stepCriterion(1), k: () => call.stepCriterion(-1),
    c: () => call.confirm(), o: () => call.override(), "?": () => call.help(),
  }[event.key];
  if (!does) return;
  event.preventDefault();
  does();
}

function begin() {
  call?.close();
  const root = document.getElementById("call");
  call = root?.querySelector("audio, .line") ? new Call(root) : null;
}

begin();
document.addEventListener("keydown", onKey);
document.addEventListener("calltrace:fresh", begin);
