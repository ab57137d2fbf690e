// @mentions: while a name is typed after an @, those who may see the thing are offered below the field.

const WORD = /(?:^|[^\w@/.])@([\w.+-]*)$/;

for (const field of document.querySelectorAll("textarea[data-mention]")) {
  const list = document.createElement("div");
  list.className = "mr-names";
  list.id = `${field.id}-names`;
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", "People to mention");
  list.hidden = true;
  field.after(list);
  let asked = 0;
  let chosen = 0;

  const typed = () => field.value.slice(0, field.selectionStart).match(WORD);

  const hide = () => { list.hidden = true; field.removeAttribute("aria-activedescendant"); };

  const mark = () => {
    [...list.children].forEach((one, place) => one.setAttribute("aria-selected", place === chosen));
    field.setAttribute("aria-activedescendant", list.children[chosen]?.id ?? "");
  };

  const take = (name) => {
    const found = typed();
    if (!found) return hide();
    const start = field.selectionStart - found[1].length;
    field.setRangeText(`${name} `, start, field.selectionStart, "end");
    hide();
    field.focus();
  };

  field.addEventListener("input", async () => {
    const found = typed();
    if (!found) return hide();
    const mine = ++asked;
    const answer = await fetch(`${field.dataset.mention}?q=${encodeURIComponent(found[1])}`);
    if (mine !== asked || !answer.ok) return;
    const { names } = await answer.json();
    list.replaceChildren(...names.map((name, place) => {
      const button = document.createElement("button");
      button.type = "button";
      button.id = `${list.id}-${place}`;
      button.tabIndex = -1;
      button.setAttribute("role", "option");
      button.textContent = name;
      button.addEventListener("mousedown", (event) => { event.preventDefault(); take(name); });
      return button;
    }));
    chosen = 0;
    list.hidden = !names.length;
    if (names.length) mark();
  });

  field.addEventListener("keydown", (event) => {
    if (list.hidden) return;
    const count = list.children.length;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      chosen = (chosen + (event.key === "ArrowDown" ? 1 : count - 1)) % count;
      mark();
    } else if (event.key === "Enter" || event.key === "Tab") {
      take(list.children[chosen].textContent);
    } else if (event.key === "Escape") {
      hide();
    } else {
      return;
    }
    event.preventDefault();
  });
  field.addEventListener("blur", hide);
}
