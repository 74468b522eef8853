// Runs axe-core on a page, and tells which of its parts were examined on another page already.
// A part is an element with its ancestors and all that is in it, without words, ids and addresses: what the rules
// of looks find in one, they find in all that are the same.
(() => {
  const STATES = [
    "class", "role", "type", "style", "open", "hidden", "disabled", "checked", "dir", "data-theme",
    "aria-current", "aria-pressed", "aria-selected", "aria-invalid", "aria-disabled",
  ];
  const OPTIONS = { resultTypes: ["violations"], preload: false, iframes: false };
  const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
  const hash = (text) => {
    let high = 0xdeadbeef, low = 0x41c6ce57;
    for (let at = 0; at < text.length; at++) {
      const code = text.charCodeAt(at);
      high = Math.imul(high ^ code, 2654435761);
      low = Math.imul(low ^ code, 1597334677);
    }
    return 4294967296 * (2097151 & (low ^ (low >>> 15))) + ((high ^ (high >>> 13)) >>> 0);
  };
  const describe = (element) => {
    const states = STATES.map((name) => element.getAttribute(name) ?? "-");
    const hasText = [...element.childNodes].some((child) => child.nodeType === Node.TEXT_NODE && child.data.trim());
    return [element.tagName, ...states, hasText].join("|");
  };
  // [element, hash, number of elements inside] of a part and those in it, each before what it contains.
  const listParts = (top) => {
    const parts = [];
    const visit = (element, above) => {
      const chain = hash(above + describe(element)), part = [element, 0, 1], inside = new Set();
      const at = parts.push(part) - 1;
      if (element.tagName !== "svg") for (const child of element.children) inside.add(visit(child, chain));
      part[1] = hash(`${chain} ${[...inside].join()}`);
      part[2] = parts.length - at;
      return part[1];
    };
    visit(top, "");
    return parts;
  };
  const run = async (context, options) => {
    const { violations } = await axe.run(context, { ...OPTIONS, ...options });
    return violations.flatMap(({ id, nodes }) =>
      nodes.map(({ html, any, all, none }) => `${id}: ${html.slice(0, 160)} ${[...any, ...all, ...none][0]?.message}`),
    );
  };
  let parts = [];
  let shifts = 0;
  new PerformanceObserver((list) => {
    for (const { value } of list.getEntries()) shifts += value;
  }).observe({ type: "layout-shift", buffered: true });
  window.barriers = {
    measure: () => ({
      shifts,
      fetched: performance
        .getEntriesByType("resource")
        .map(({ name, encodedBodySize, responseStatus }) => [name, encodedBodySize, responseStatus]),
    }),
    open() {
      for (const details of document.querySelectorAll("main details:not(.menu)")) details.open = true;
      parts = listParts(document.body);
      return parts.map(([, value, size]) => [value, size]);
    },
    listMenus: () => [...document.querySelectorAll("details.menu")].map((menu) => listParts(menu)[0][1]),
    openMenu: (at) => {
      document.querySelectorAll("details.menu").forEach((menu, number) => (menu.open = number === at));
    },
    examineStructure: (rules) =>
      run(document, {
        runOnly: TAGS,
        rules: Object.fromEntries(rules.map((rule) => [rule, { enabled: false }])),
      }),
    examineLook: ([rules, excluded]) =>
      run(excluded.length ? { exclude: excluded.map((at) => parts[at][0]) } : document, {
        runOnly: { type: "rule", values: rules },
      }),
    examineMenu: () => run(document.querySelector("details.menu[open]"), { runOnly: TAGS }),
  };
})();
