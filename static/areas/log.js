// The live tail of a log stream. Every line is text, never markup.
// <section data-log="log.json"> with [data-lines] [data-note] [data-follow] [data-search] [data-end]

const KEEP = 5000; // lines in the page; the download has them all
// As Python and loggers write them: a metric such as train-error is no failure.
const BAD = /\b\w*(Error|Exception)\b|\b(Traceback|ERROR|CRITICAL|FATAL)\b/, DOUBTFUL = /\bWARN(ING)?\b|\b\w*Warning\b/;

class Tail {
  constructor(section) {
    this.section = section;
    this.lines = section.querySelector("[data-lines]");
    this.note = section.querySelector("[data-note]");
    this.follow = section.querySelector("[data-follow]");
    this.query = "";
    this.token = "";
    section.querySelector("[data-end]").addEventListener("click", () => { this.follow.checked = true; this.jump(); });
    section.querySelector("[data-search]").addEventListener("input", (event) => this.search(event.target.value));
    section.querySelector("[data-stream]")?.addEventListener("change", () => this.restart());
    this.follow.addEventListener("change", () => { if (this.follow.checked) this.jump(); });
    this.lines.addEventListener("scroll", () => {
      const away = this.lines.scrollHeight - this.lines.scrollTop - this.lines.clientHeight;
      if (away > 60 && !this.jumping) this.follow.checked = false;
      this.jumping = false;
    });
    document.addEventListener("visibilitychange", () => { if (!document.hidden && !this.done) this.poll(); });
    this.poll();
  }

  restart() {
    this.lines.replaceChildren();
    Object.assign(this, { token: "", count: 0, done: false, earlier: "" });
    this.poll();
  }

  url(query) {
    const stream = this.section.querySelector("[data-stream]")?.value;
    return `${this.section.dataset.log}?${new URLSearchParams(stream ? { ...query, stream } : query)}`;
  }

  async poll() {
    clearTimeout(this.timer);
    if (this.busy) return;
    this.busy = true;
    let wait = 1000;
    try {
      const response = await fetch(this.url(this.token ? { token: this.token } : {}), { cache: "no-store" });
      const answer = await response.json();
      if (!response.ok) throw new Error(answer.error || `the server answered ${response.status}`);
      this.take(answer);
    } catch (error) {
      wait = 5000;
      this.note.textContent = `not live: ${error.message}`;
    }
    this.busy = false;
    if (!this.done && !document.hidden) this.timer = setTimeout(() => this.poll(), wait);
  }

  take(answer) {
    const first = !this.token;
    if (first && answer.events.length >= 2000) this.offerEarlier(answer.back);
    const still = answer.next === this.token;
    this.token = answer.next;
    this.done = answer.ended && (still || !answer.stream);
    this.lines.append(...answer.events.map((event) => this.line(event)));
    while (this.lines.childElementCount > KEEP) this.lines.firstElementChild.remove();
    this.count = (this.count ?? 0) + answer.events.length;
    const where = answer.stream ? `${answer.stream.split("/").slice(1).join("/")}, ` : "";
    this.note.textContent = this.count ? `${where}${this.count.toLocaleString("en")} lines` : answer.ended ? "it wrote nothing" : "nothing written yet";
    if (answer.events.length && this.follow.checked) this.jump();
  }

  offerEarlier(token) {
    this.earlier = token;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "link";
    button.textContent = "Earlier lines";
    button.addEventListener("click", async () => {
      const answer = await (await fetch(this.url({ token: this.earlier }))).json();
      const height = this.lines.scrollHeight;
      if (!answer.events?.length || answer.back === this.earlier) { button.remove(); return; }
      this.earlier = answer.back;
      button.after(...answer.events.map((event) => this.line(event)));
      this.count += answer.events.length;
      this.lines.scrollTop += this.lines.scrollHeight - height;
    });
    this.lines.prepend(button);
  }

  line([time, text]) {
    const row = document.createElement("div"), stamp = document.createElement("i"), words = document.createElement("span");
    stamp.textContent = `${new Date(time).toISOString().slice(11, 23)}  `;
    words.textContent = text;
    if (BAD.test(text)) words.className = "bad";
    else if (DOUBTFUL.test(text)) words.className = "warn";
    row.append(stamp, words);
    this.mark(row);
    return row;
  }

  search(query) {
    this.query = query.trim().toLowerCase();
    for (const row of this.lines.querySelectorAll("div")) this.mark(row);
    if (this.follow.checked) this.jump();
  }

  mark(row) {
    const words = row.lastChild, text = words.textContent;
    const at = this.query ? text.toLowerCase().indexOf(this.query) : -1;
    row.hidden = Boolean(this.query) && at < 0;
    if (at < 0) { if (words.firstElementChild) words.textContent = text; return; }
    const found = document.createElement("mark");
    found.textContent = text.slice(at, at + this.query.length);
    words.replaceChildren(text.slice(0, at), found, text.slice(at + this.query.length));
  }

  jump() {
    this.jumping = true;
    this.lines.scrollTop = this.lines.scrollHeight;
  }
}

document.querySelectorAll("[data-log]").forEach((section) => new Tail(section));
