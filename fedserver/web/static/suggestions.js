// Names that fit what is being written after @, # or : in a text; used by keyboard or pointer, or not at all.
const WAIT_MS = 200;
const WORD = /(?:^|[\s(])([@#:][\p{L}\p{N}_.@-]+)$/u;

const attach = (area) => {
  const list = document.createElement("ul");
  list.id = `${area.id || "text"}-suggestions`;
  list.className = "suggestions";
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", area.dataset.suggestions);
  list.hidden = true;
  area.after(list);
  area.setAttribute("aria-autocomplete", "list");
  area.setAttribute("aria-controls", list.id);
  let timer = 0;
  let asked = "";

  const findWord = () => WORD.exec(area.value.slice(0, area.selectionStart))?.[1] ?? "";
  const close = () => {
    asked = "";
    list.hidden = true;
    list.replaceChildren();
    area.removeAttribute("aria-activedescendant");
  };
  const select = (option) => {
    for (const other of list.children) other.setAttribute("aria-selected", String(other === option));
    area.setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
  };
  const insert = (option) => {
    const end = area.selectionStart;
    const start = end - findWord().length;
    area.setRangeText(`${option.dataset.insert} `, start, end, "end");
    close();
    area.focus();
    area.dispatchEvent(new Event("input", { bubbles: true }));
  };
  const ask = async () => {
    const word = findWord();
    if (word.length < 2) return close();
    asked = word;
    try {
      const address = `${area.dataset.suggest}?q=${encodeURIComponent(word)}`;
      const response = await fetch(address, { headers: { "HX-Request": "true" }, redirect: "error" });
      if (!response.ok || asked !== word || document.activeElement !== area) return;
      list.innerHTML = await response.text(); // written by this server, which escapes what people wrote
      [...list.children].forEach((option, place) => (option.id = `${list.id}-${place}`));
      list.hidden = !list.children.length;
      if (!list.hidden) select(list.children[0]);
    } catch {
      close();
    }
  };
  area.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(ask, WAIT_MS);
  });
  area.addEventListener("keydown", (event) => {
    if (list.hidden || event.isComposing) return;
    const options = [...list.children];
    const place = options.findIndex((option) => option.getAttribute("aria-selected") === "true");
    if (event.key === "ArrowDown") select(options[(place + 1) % options.length]);
    else if (event.key === "ArrowUp") select(options[(place + options.length - 1) % options.length]);
    else if (event.key === "Enter" || event.key === "Tab") insert(options[place]);
    else if (event.key === "Escape") close();
    else return;
    event.preventDefault();
  });
  area.addEventListener("blur", () => setTimeout(close, WAIT_MS)); // a click on an option comes first
  list.addEventListener("mousedown", (event) => event.preventDefault());
  list.addEventListener("click", (event) => {
    const option = event.target.closest("[role=option]");
    if (option) insert(option);
  });
};
for (const area of document.querySelectorAll("textarea[data-suggest]")) attach(area);
