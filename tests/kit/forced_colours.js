// What is invisible, or looks like what it is not, once backgrounds and shadows are gone: borders and outlines stay.
(() => {
  const FIELDS = "input:not([type=checkbox], [type=radio], [type=hidden], [type=range]), select, textarea";
  const CONTROLS = "main a, main button, main input:not([type=hidden]), main summary";
  const MAX_FOCUSED = 12; // controls on a page of which the focus is looked at
  const show = (element) => element.outerHTML.slice(0, 120);
  const measureBorder = (element, side) => {
    const style = getComputedStyle(element);
    return style[`border${side}Style`] === "none" ? 0 : parseFloat(style[`border${side}Width`]);
  };
  const list = (selector) =>
    [...document.querySelectorAll(selector)].filter(
      (each) => each.checkVisibility() && each.getBoundingClientRect().width > 1 && !each.closest(".skip"),
    );
  const getBackground = (element, part) => getComputedStyle(element, part).backgroundColor;
  const RULES = [
    ["has no border", `button:not(.plain), [role=button], ${FIELDS}`, (each) => !measureBorder(each, "Top")],
    ["does not look pressed", "[aria-pressed=true]", (each) => measureBorder(each, "Top") < 2],
    ["does not look chosen", ".tabs [aria-current], nav [aria-current]", (each) => measureBorder(each, "Bottom") < 2],
    ["has no knob", "input[role=switch]", (each) => getBackground(each) === getBackground(each, "::before")],
    ["has no icon", "svg.icon", (each) => getComputedStyle(each).stroke === getBackground(document.body)],
  ];
  window.listLost = () => {
    for (const details of document.querySelectorAll("details")) details.open = true;
    const lost = RULES.flatMap(([problem, selector, isLost]) =>
      list(selector).filter(isLost).map((each) => `${problem}: ${show(each)}`),
    );
    for (const each of list(CONTROLS).slice(0, MAX_FOCUSED)) {
      each.focus({ focusVisible: true });
      const { outlineStyle, outlineWidth } = getComputedStyle(each);
      const hasRing = outlineStyle !== "none" && parseFloat(outlineWidth) >= 2;
      if (document.activeElement === each && !hasRing) lost.push(`has no ring: ${show(each)}`);
    }
    return lost;
  };
})();
